import type { BlobObjects } from '@heronry/blobs/blob-objects'
import type { Seq } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { attachPartitions } from '@heronry/events/attach-partitions'
import { createLogger } from '@heronry/telemetry/logger'
import { sql } from 'kysely'
import { vi } from 'vitest'
import { Archiver } from '../src/archive/archiver.ts'
import { Retention } from '../src/retention/retention.ts'
import { edgeHouse } from './edge-house.ts'

const logger = createLogger({ service: 'sequencer', level: 'info', enabled: false })
export const hourMs = 3_600_000
export const never = new AbortController().signal

/** The house of the edge tests, in which nothing is archived or dropped but by hand. */
export async function archiveHouse() {
  const house = await edgeHouse({ retentionMs: 1_000_000 * hourMs })
  const { db } = house
  const { rows } = await sql<{
    hour: number
  }>`SELECT floor(extract(epoch FROM now()) / 3600)::int AS hour`.execute(db)
  const now = rows[0]?.hour ?? 0
  const epoch = await vi.waitUntil(() => epochOf(db), { timeout: 10_000, interval: 5 })
  const retention = (kept: Kept) =>
    new Retention({ db, logger, objects: undefined, ...kept, epoch: () => epoch })
  return {
    ...house,
    epoch,
    /** Makes the numbered events with after < seq <= upto so old that their hour ended `hours` ago, and a little more. */
    async age({ after = 0, upto, hours }: { after?: number; upto: number; hours: number }): Promise<number> {
      const hour = now - hours - 1
      const range = { name: `event_h${hour}`, from: BigInt(hour), to: BigInt(hour + 1) }
      await attachPartitions(db, { parent: 'event', ranges: [range] })
      await sql`
        UPDATE event e SET hour = ${hour}, created_at = to_timestamp(${hour} * 3600)
        FROM event_seq s WHERE s.hour = e.hour AND s.event_id = e.id AND s.seq > ${after} AND s.seq <= ${upto}`.execute(
        db,
      )
      await sql`UPDATE event_seq SET hour = ${hour} WHERE seq > ${after} AND seq <= ${upto}`.execute(db)
      return hour
    },
    archiver: (objects: BlobObjects, ofEpoch = epoch) =>
      new Archiver({ db, objects, logger, epoch: () => ofEpoch }),
    retention,
    /** Takes as many turns as it needs: on a busy machine a partition may be in use for as long as its lock is waited for. */
    async dropAll(kept: Kept): Promise<void> {
      await vi.waitUntil(
        async () => {
          const turn = retention(kept)
          await turn.turn()
          return turn.overdue === 0
        },
        { timeout: 15_000, interval: 20 },
      )
    },
    async hours(): Promise<number[]> {
      const { rows: partitions } = await sql<{ hour: number }>`
        SELECT substring(c.relname FROM '^event_h([0-9]+)$')::int AS hour FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'event'::regclass ORDER BY 1`.execute(db)
      return partitions.map((row) => row.hour)
    },
    async lastDropped(): Promise<number[][]> {
      const communities = await db.selectFrom('community_seq').selectAll().orderBy('community_id').execute()
      return communities.map((row) => [row.community_id, Number(row.last_dropped_seq)])
    },
    async segments(): Promise<{ after: number; upto: number; key: string; communities: number[] }[]> {
      const segments = await db.selectFrom('event_segment').selectAll().orderBy('last_seq').execute()
      const rows = await db
        .selectFrom('event_segment_community')
        .selectAll()
        .orderBy('community_id')
        .execute()
      return segments.map((segment) => ({
        after: Number(segment.after_seq),
        upto: Number(segment.last_seq),
        key: segment.object_key,
        communities: rows
          .filter((row) => row.segment_last_seq === segment.last_seq)
          .map((row) => row.community_id),
      }))
    },
    headSeq: async () =>
      Number((await db.selectFrom('seq_state').select('last_seq').executeTakeFirstOrThrow()).last_seq) as Seq,
  }
}

/** Without `objects` there is no archive. */
interface Kept {
  readonly objects?: BlobObjects
  readonly keptMs: number
}

/** Of the first term; undefined until it has begun. */
async function epochOf(db: Database): Promise<bigint | undefined> {
  const { epoch } = await db.selectFrom('seq_state').select('epoch').executeTakeFirstOrThrow()
  return epoch === 0n ? undefined : epoch
}
