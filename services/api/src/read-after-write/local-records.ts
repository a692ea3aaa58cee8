import { cidString } from '@heronry/core/cid'
import type { Did } from '@heronry/core/did'
import type { StoreId } from '@heronry/core/ids'
import { type Rev, revNumber } from '@heronry/core/rev'
import type { Database } from '@heronry/db/database'
import { type RecentRecord, recordsSince } from '@heronry/repo/records-since'
import { recordUri } from '../record-uri.ts'
import { type JsonMap, recordJson } from './json.ts'

export const profilePath = 'app.bsky.actor.profile/self'
const posts = 'app.bsky.feed.post'

export interface LocalRecord {
  readonly uri: string
  readonly cid: string
  readonly value: JsonMap
  /** ISO 8601. We have no other moment than its commit's. */
  readonly indexedAt: string
}

/** What a member wrote that the AppView did not know when it answered. */
export interface LocalRecords {
  readonly profile: LocalRecord | undefined
  /** Oldest first. */
  readonly posts: readonly LocalRecord[]
  /** ms since 1970, of the oldest of all. */
  readonly oldestAt: number
}

/** Undefined: nothing that an answer would show. */
export async function localRecords(
  db: Database,
  { did, storeId, rev }: { did: Did; storeId: StoreId; rev: Rev },
): Promise<LocalRecords | undefined> {
  const found = await recordsSince(db, { storeId, rev, collection: posts, path: profilePath })
  const [oldest] = found
  if (oldest === undefined) return undefined
  const profile = found.find(({ path }) => path === profilePath)
  return {
    profile: profile && localRecord(did, profile),
    posts: found.filter((record) => record !== profile).map((record) => localRecord(did, record)),
    oldestAt: timeOf(oldest.rev),
  }
}

function localRecord(did: Did, { path, cid, value, rev }: RecentRecord): LocalRecord {
  const indexedAt = new Date(timeOf(rev)).toISOString()
  return { uri: recordUri(did, path), cid: cidString(cid), value: recordJson(value), indexedAt }
}

/** A rev is the moment of its commit, in microseconds, with a clock's id behind it. */
function timeOf(rev: Rev): number {
  return Math.trunc(Number(revNumber(rev) >> 10n) / 1000)
}
