import type { Seq } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { attachPartitions } from '@heronry/events/attach-partitions'
import { eventSeqRangeSize } from '../limits.ts'

/** Makes the partition of `event_seq` that holds the seq after `lastSeq`, and the two after it. Idempotent. */
export async function ensureEventSeqPartitions(db: Database, { lastSeq }: { lastSeq: Seq }): Promise<void> {
  const current = Math.floor((lastSeq + 1) / eventSeqRangeSize)
  const ranges = [current, current + 1, current + 2].map((index) => ({
    name: `event_seq_${index}`,
    from: BigInt(index) * BigInt(eventSeqRangeSize),
    to: BigInt(index + 1) * BigInt(eventSeqRangeSize),
  }))
  await attachPartitions(db, { parent: 'event_seq', ranges })
}
