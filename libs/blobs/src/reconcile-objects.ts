import type { Digest } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import type { StoredObject } from './blob-objects.ts'
import type { CareDeps } from './care-deps.ts'
import { reconcilePageSize, strayAgeMs } from './limits.ts'
import { actorOfKey, elsewhere } from './object-key.ts'
import { enqueuePlace } from './place-blob.ts'
import type { ReconcileRun } from './reconcile-run.ts'
import { deleteStrays } from './stray-objects.ts'

/** Looks for the row of every object of the run's folder; yields the last key of each page. */
export async function* reconcileObjects(deps: CareDeps, run: ReconcileRun): AsyncGenerator<string> {
  const listed = deps.objects.list(run.step, { after: run.cursor || undefined })
  for await (const page of pagesOf(listed)) {
    await reconcilePage(deps, run, page)
    yield page.at(-1)?.key ?? ''
  }
}

async function* pagesOf(listed: AsyncIterable<StoredObject>): AsyncGenerator<StoredObject[]> {
  let page: StoredObject[] = []
  for await (const object of listed) {
    page.push(object)
    if (page.length < reconcilePageSize) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}

async function reconcilePage(
  deps: CareDeps,
  run: ReconcileRun,
  page: readonly StoredObject[],
): Promise<void> {
  const { db, logger, metrics } = deps
  run.objects += page.length
  const oldest = Date.now() - strayAgeMs
  const known = await knownKeys(db, page)
  const strays: string[] = []
  for (const { key, modifiedAt } of page) {
    const held = known.get(key)
    if (held === 'here' || modifiedAt.getTime() > oldest) continue
    if (held === undefined) strays.push(key)
    // It was moved, or half of it: moving again ends that.
    else if (!run.isDry) await inTransaction(db, { name: 'reconcile' }, (tx) => enqueuePlace(tx, held))
  }
  if (strays.length === 0) return
  const isAllowed = !run.isDry && run.strays + strays.length <= run.straysMax
  run.strays += strays.length
  logger.warn({ strays, isDeleted: isAllowed }, 'objects without a blob')
  if (!isAllowed) return
  metrics?.count('pds_blob_care_total', { what: 'stray' }, strays.length)
  await deleteStrays(deps, await doomUnheld(db, strays.filter(isOurs)))
}

/** What is not named as we name objects is reported, and is not ours to delete. */
function isOurs(key: string): boolean {
  return actorOfKey(key) !== undefined
}

type Known = ReadonlyMap<string, 'here' | { readonly actorId: ActorId; readonly cid: Digest }>

/** Of a page's objects: those that a row holds or a stray's row knows; and those of blobs whose row names the other folder. */
async function knownKeys(db: Database, page: readonly StoredObject[]): Promise<Known> {
  const keys = page.map(({ key }) => key)
  const known = new Map<string, 'here' | { actorId: ActorId; cid: Digest }>()
  const actors = new Set(keys.map(actorOfKey).filter((actorId) => actorId !== undefined))
  // By the actor, for there is no index by key: an actor's objects lie together.
  const held = await db
    .selectFrom('blob')
    .select(['actor_id', 'cid', 'object_key'])
    .where(sql<boolean>`actor_id = ANY(${[...actors]}::bigint[])`)
    .where(sql<boolean>`object_key = ANY(${[...keys, ...keys.map(elsewhere)]}::text[])`)
    .execute()
  for (const { actor_id, cid, object_key } of held) {
    known.set(elsewhere(object_key), { actorId: actor_id as ActorId, cid: cid as Digest })
  }
  for (const { object_key } of held) known.set(object_key, 'here')
  const announced = await db
    .selectFrom('blob_stray')
    .select('object_key')
    .where(sql<boolean>`object_key = ANY(${keys}::text[])`)
    .execute()
  for (const { object_key } of announced) known.set(object_key, 'here')
  return known
}

/** From here on no upload can hold them; whatever does by now is left out. */
async function doomUnheld(db: Database, keys: readonly string[]): Promise<string[]> {
  const actors = keys.map((key) => actorOfKey(key) ?? 0n)
  const { rows } = await sql<{ object_key: string }>`
    INSERT INTO blob_stray (object_key, doomed)
    SELECT k.object_key, true FROM unnest(${keys}::text[], ${actors}::bigint[]) AS k (object_key, actor_id)
    WHERE NOT EXISTS (SELECT FROM blob b WHERE b.actor_id = k.actor_id AND b.object_key = k.object_key)
    ON CONFLICT DO NOTHING RETURNING object_key`.execute(db)
  return rows.map((row) => row.object_key)
}
