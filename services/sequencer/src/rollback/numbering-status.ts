import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { leaseTtlMs } from '../limits.ts'

/** How numbering stands. */
export interface NumberingStatus {
  readonly lastSeq: number
  readonly epoch: number
  /** Null: nobody ever led. */
  readonly leader: string | null
  readonly isLeading: boolean
  /** Whether the current term's leader has found no doubt left. */
  readonly isVerified: boolean
  /** Seconds since the leader was last heard of. */
  readonly leaderAgeSeconds: number | null
  /** Seconds for which the oldest event without a number has waited; null: there is none. */
  readonly unstampedAgeSeconds: number | null
}

/** The condition for an event to be new is that of `stamp`. */
export async function readNumberingStatus(db: Database): Promise<NumberingStatus> {
  const { rows } = await sql<StatusRow>`
WITH s AS MATERIALIZED (
  SELECT *, coalesce(pg_snapshot_xmax(snapshot::pg_snapshot), '0'::xid8) AS xmax,
         ARRAY(SELECT pg_snapshot_xip(snapshot::pg_snapshot)) AS xip FROM seq_state)
SELECT last_seq, epoch, leader, coalesce(lease_until > clock_timestamp(), false) AS is_leading,
  coalesce(verified_epoch = epoch, false) AS is_verified,
  extract(epoch FROM clock_timestamp() - lease_until + ${leaseTtlMs} * interval '1 ms')::float AS leader_age,
  (SELECT extract(epoch FROM clock_timestamp() - min(e.created_at)) FROM event e
   WHERE e.id > s.floor_id AND (e.xid >= s.xmax OR e.xid = ANY (s.xip)))::float AS unstamped_age
FROM s`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('seq_state is empty')
  return {
    lastSeq: Number(row.last_seq),
    epoch: Number(row.epoch),
    leader: row.leader,
    isLeading: row.is_leading,
    isVerified: row.is_verified,
    leaderAgeSeconds: row.leader_age === null ? null : Math.max(0, row.leader_age),
    unstampedAgeSeconds: row.unstamped_age,
  }
}

interface StatusRow {
  last_seq: bigint
  epoch: bigint
  leader: string | null
  is_leading: boolean
  is_verified: boolean
  leader_age: number | null
  unstamped_age: number | null
}
