import type { Seq } from '@heronry/core/ids'
import { testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { ensureEventSeqPartitions } from '../src/leader/event-seq-partitions.ts'
import { eventSeqRangeSize } from '../src/limits.ts'

test('the partition of the next seq and the two after it stand ready', async () => {
  await using database = await testDatabase()
  const numbers = async (lastSeq: number) => {
    await ensureEventSeqPartitions(database.db, { lastSeq: lastSeq as Seq })
    const { rows } = await sql<{ name: string }>`
      SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'event_seq'::regclass ORDER BY 1`.execute(
      database.db,
    )
    return rows.map(({ name }) => name)
  }
  expect(await numbers(0)).toEqual(['event_seq_0', 'event_seq_1', 'event_seq_2'])
  // The seq after this one is still the first partition's.
  expect(await numbers(eventSeqRangeSize - 2)).toHaveLength(3)
  expect(await numbers(eventSeqRangeSize - 1)).toHaveLength(4)
})
