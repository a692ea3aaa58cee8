import {
  type Actor,
  type ActorKey,
  type ActorRow,
  actorName,
  actorOf,
  type NameColumn,
  namedActors,
} from '@heronry/accounts/actor'
import type { CommunityId, StoreId } from '@heronry/core/ids'
import { batchedLookup } from '@heronry/db/batched-lookup'
import type { Database } from '@heronry/db/database'
import { pagesTogetherMax } from '@heronry/repo/read-limits'
import {
  type AskedActor,
  findPagesOf,
  findRecordsOf,
  type PageAsked,
  type PageOfRow,
  type RecordOfRow,
  type RepoOfRow,
} from '@heronry/repo/records-of-actors'

/** The `repo` parameter of a method, and the community that was asked. */
export interface RepoName {
  readonly communityId: CommunityId
  readonly didOrHandle: string
}

/** What was read of a repo, together with whose it is and who may see it. */
export interface HostedRead<Row> {
  readonly actor: Actor
  readonly storeId: StoreId
  readonly published: boolean
  readonly row: Row
}

/** The repo's record at `path`; undefined where nobody of that name has a repo. Shares a statement with others of the moment. */
export function readRecord(db: Database, { path, ...repo }: RepoName & { path: string }) {
  return read(db, repo, { by: recordsBy, of: path })
}

/** A page of the repo's records, likewise. */
export function readPage(db: Database, { reverse, ...page }: RepoName & PageAsked & { reverse: boolean }) {
  return read(db, page, { by: reverse ? ascendingBy : descendingBy, of: page })
}

interface Key<Of> extends ActorKey {
  readonly of: Of
}

type LookUp<Of, Row> = (db: Database, key: Key<Of>) => Promise<HostedRead<Row> | undefined>

async function read<Of, Row>(
  db: Database,
  { communityId, didOrHandle }: RepoName,
  { by, of }: { by: Record<NameColumn, LookUp<Of, Row>>; of: Of },
): Promise<HostedRead<Row> | undefined> {
  const named = actorName(didOrHandle)
  return named && (await by[named.column](db, { communityId, name: named.name, of }))
}

const recordsBy = { did: recordLookUp('did'), handle: recordLookUp('handle') }
const ascendingBy = { did: pageLookUp('did', 'ASC'), handle: pageLookUp('handle', 'ASC') }
const descendingBy = { did: pageLookUp('did', 'DESC'), handle: pageLookUp('handle', 'DESC') }

function recordLookUp(column: NameColumn): LookUp<string, RecordOfRow> {
  return batchedLookup(async (db, keys) => {
    const paths = keys.map(({ of }) => of)
    return hosted(keys.length, await findRecordsOf(db, namedActors(column, keys), paths))
  })
}

function pageLookUp(column: NameColumn, order: 'ASC' | 'DESC'): LookUp<PageAsked, PageOfRow> {
  return batchedLookup(
    async (db, keys) => {
      const pages = keys.map(({ of }) => of)
      return hosted(keys.length, await findPagesOf(db, namedActors(column, keys), { order, pages }))
    },
    { keysMax: pagesTogetherMax },
  )
}

function hosted<Row extends ActorRow & AskedActor & RepoOfRow>(count: number, rows: readonly Row[]) {
  const found = Array<HostedRead<Row> | undefined>(count)
  for (const row of rows) {
    found[row.n - 1] = { actor: actorOf(row), storeId: row.store_id, published: row.published, row }
  }
  return found
}
