import { eventKinds } from '@heronry/events/event'
import { chunkBytesMax, chunkEventsMax } from '../limits.ts'

const columns = 'hour, id, community_id, actor_id, kind, seq_at, body'

export interface StampStatement {
  readonly name: string
  readonly text: string
  /** Its $4. */
  readonly lastHour: number
}

/**
 * The stamping statement, of the epoch $1 and tick $2, over the partitions of some hours; $4 is the last of them. $3: store the snapshot
 * even if there is nothing new. Partitions are named, not pruned: a condition on the hour would make the primary key, which begins with it,
 * look as good as the index on xid, and it is not.
 *
 * With the number of a deletion, all that its actor said before is suppressed: whoever has not got it will not get it.
 *
 * A row for each event that it has numbered, where they are no more than a chunk holds and none is a deletion; one row without an event
 * otherwise. (A body is out of line, as a rule: until the end only its address is carried about.)
 *
 * Measured on two cores: 0.18, 0.29 and 0.51 ms of CPU a tick that finds nothing, 1 event, 50 events; over 122 partitions, which is three
 * days without an archive, 3.7 to 4.5 ms. Plan: prepared once, generic, without sequential scans (session.ts): in each partition a range of
 * event_xid from xmax on, and one for each of xip.
 */
export function stampHours(hours: readonly number[]): StampStatement {
  const found = (isNew: string) =>
    hours.map((hour) => `SELECT ${columns} FROM event_h${hour} WHERE ${isNew}`).join(' UNION ALL ')
  return {
    name: `stamp-${hours.join('-')}`,
    lastHour: Math.max(...hours),
    text: stampText({ found, late: 'event_hour(clock_timestamp()) > $4::int' }),
  }
}

/**
 * For the first ticks of a term, and while a transaction has been running for hours. A partition must be attached before the plan that
 * shall find its events: they are 48 h ahead.
 */
export const stampEverywhere = {
  name: 'stamp-everywhere',
  text: stampText({ found: (isNew) => `SELECT ${columns} FROM event WHERE ${isNew}`, late: 'false' }),
}

interface Parts {
  /** The events of which `isNew` is true. */
  readonly found: (isNew: string) => string
  /** Whether events may have been committed of an hour that is not looked through. */
  readonly late: string
}

function stampText({ found, late }: Parts): string {
  return `
WITH before AS MATERIALIZED (
  SELECT floor_id,
         coalesce(pg_snapshot_xmax(snapshot::pg_snapshot), '0'::xid8) AS xmax,
         ARRAY(SELECT pg_snapshot_xip(snapshot::pg_snapshot)) AS xip
  FROM seq_state WHERE epoch = $1 AND tick = $2),
fresh AS MATERIALIZED (
  SELECT row_number() OVER (ORDER BY id) AS n, ${columns}
  FROM (
    ${found('id > (SELECT floor_id FROM before) AND xid >= (SELECT xmax FROM before)')}
    UNION ALL
    ${found('id > (SELECT floor_id FROM before) AND xid = ANY ((SELECT xip FROM before)::xid8[])')}) AS visible),
advanced AS (
  UPDATE seq_state SET tick = tick + 1,
                       last_seq = last_seq + (SELECT count(*) FROM fresh),
                       snapshot = pg_current_snapshot()::text
  WHERE epoch = $1 AND tick = $2 AND ($3 OR EXISTS (SELECT FROM fresh)) AND NOT (${late})
  RETURNING last_seq),
numbered AS (
  INSERT INTO event_seq (seq, community_id, actor_id, hour, event_id)
  SELECT last_seq - (SELECT count(*) FROM fresh) + n, community_id, actor_id, hour, id FROM advanced, fresh
  RETURNING seq, community_id),
suppressed AS (
  INSERT INTO event_suppress (actor_id, upto_seq)
  SELECT actor_id, max(last_seq - (SELECT count(*) FROM fresh) + n) - 1 FROM advanced, fresh
  WHERE kind = ${eventKinds.deletion} GROUP BY actor_id
  ON CONFLICT (actor_id) DO UPDATE SET upto_seq = excluded.upto_seq),
latest AS (
  INSERT INTO community_seq AS c (community_id, last_seq)
  SELECT community_id, max(seq) FROM numbered GROUP BY community_id
  ON CONFLICT (community_id) DO UPDATE SET last_seq = excluded.last_seq),
told AS (
  SELECT n, community_id, actor_id, kind, seq_at, body FROM fresh
  WHERE EXISTS (SELECT FROM advanced)
    AND (SELECT count(*) <= ${chunkEventsMax} AND sum(octet_length(body)) <= ${chunkBytesMax}
                AND bool_and(kind <> ${eventKinds.deletion}) FROM fresh))
SELECT EXISTS (SELECT FROM before) AS held, ${late} AS late,
       (SELECT count(*) FROM fresh) AS fresh,
       (SELECT last_seq FROM advanced) AS last_seq,
       event_hour(now()) AS hour,
       pg_snapshot_xmin(pg_current_snapshot())::text AS xmin,
       pg_snapshot_xmax(pg_current_snapshot())::text AS xmax,
       told.*
FROM (VALUES (true)) AS always LEFT JOIN told ON true ORDER BY n`
}
