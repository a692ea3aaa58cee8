import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { type Actor, actorColumns, actorOf } from './actor.ts'

export interface ActorPage {
  readonly actors: readonly Actor[]
  /** `<milliseconds>::<did>` of the last one; undefined where the page is not full. */
  readonly cursor: string | undefined
}

/** A community's actors in order of their creation, then DID: for listRepos. Throws `InvalidRequest` for a bad cursor. */
export async function listActors(
  db: Database,
  { communityId, after, limit }: { communityId: CommunityId; after?: string | undefined; limit: number },
): Promise<ActorPage> {
  let query = db.selectFrom('actor').select(actorColumns).where('community_id', '=', communityId)
  if (after !== undefined) {
    const { createdAt, did } = parseCursor(after)
    query = query.where((eb) => eb(eb.refTuple('created_at', 'did'), '>', eb.tuple(createdAt, did)))
  }
  const rows = await query.orderBy('created_at').orderBy('did').limit(limit).execute()
  const actors = rows.map(actorOf)
  const last = actors.length === limit ? actors.at(-1) : undefined
  return { actors, cursor: last && `${last.createdAt.getTime()}::${last.did}` }
}

/** The end of the year 9999: what is later has another text form, which Postgres does not read. */
const latestMs = 253_402_300_799_999

function parseCursor(cursor: string): { createdAt: Date; did: string } {
  const [, ms, did] = /^(\d{1,16})::([\x21-\x7e]{1,2048})$/.exec(cursor) ?? []
  if (ms === undefined || did === undefined || Number(ms) > latestMs) {
    throw new HeronryError('InvalidRequest', 'Malformed cursor')
  }
  return { createdAt: new Date(Number(ms)), did }
}
