import type { Seq } from '@heronry/core/ids'
import type { LeaderSession } from '../leader/session.ts'
import type { Term } from '../leader/term.ts'
import type { Testimony } from './witness.ts'

/** Why what `seq_state` says may not be the last that was said. */
export type Doubt =
  /** Another Postgres cluster: a dump restored elsewhere, a logical copy. */
  | 'system'
  /** The same cluster on another timeline: recovered to a point in time, or failed over. */
  | 'timeline'
  /** The table was made anew: a dump restored into the same cluster. */
  | 'table'
  /** The snapshot speaks of transactions that have not happened here. */
  | 'snapshot'
  /** Somebody outside has seen a later seq. */
  | 'witness'
  /** Events were found that no snapshot difference will find again. */
  | 'stragglers'
  /** The operator said so. */
  | 'operator'

/** Where `seq_state` is, and what it says of where it was when a term was last verified. */
export interface Place {
  readonly systemId: string
  readonly timeline: number
  readonly tableOid: bigint
  readonly doubts: readonly Doubt[]
}

/** Null where the term has ended. */
export async function readPlace(session: LeaderSession, { epoch }: Term): Promise<Place | null> {
  const [row] = await session.query<PlaceRow>(statement, [epoch])
  if (row === undefined) return null
  const doubts: Doubt[] = []
  if (row.was_system !== null && row.was_system !== row.system_id) doubts.push('system')
  if (row.was_timeline !== null && row.was_timeline !== row.timeline) doubts.push('timeline')
  if (row.was_table !== null && row.was_table !== row.table_oid) doubts.push('table')
  if (row.snapshot_ahead) doubts.push('snapshot')
  return { systemId: row.system_id, timeline: row.timeline, tableOid: row.table_oid, doubts }
}

export function isBeyond(lastSeq: Seq, heard: readonly Testimony[]): boolean {
  return heard.some(({ seq }) => seq > lastSeq)
}

interface PlaceRow {
  system_id: string
  timeline: number
  table_oid: bigint
  was_system: string | null
  was_timeline: number | null
  was_table: bigint | null
  snapshot_ahead: boolean
}

/**
 * Where the database is. The timeline is read from the name of the file that is being written: that of the last checkpoint is still the
 * old one for a while after a failover.
 */
export const placeSql = {
  systemId: '(SELECT system_identifier::text FROM pg_control_system())',
  timeline: `('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int`,
  tableOid: `'seq_state'::regclass::oid::bigint`,
}

// A place that was never recorded (null) gives no doubt.
const statement = {
  name: 'read-place',
  text: `
SELECT ${placeSql.systemId} AS system_id, ${placeSql.timeline} AS timeline, ${placeSql.tableOid} AS table_oid,
       system_id AS was_system, timeline AS was_timeline, table_oid AS was_table,
       coalesce(pg_snapshot_xmax(snapshot::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot()), false) AS snapshot_ahead
FROM seq_state WHERE epoch = $1`,
}
