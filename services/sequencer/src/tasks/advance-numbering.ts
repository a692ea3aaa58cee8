import type { SequencerTaskConfig } from '@heronry/config/house-config'
import { inTaskDatabase } from '@heronry/xrpc/process/in-task-database'
import { type Advance, advance, planAdvance } from '../rollback/advance.ts'
import { TailJournal } from '../rollback/tail-journal.ts'
import { journalKey, streamKey } from '../stream/stream-key.ts'

/** What `advanceNumbering` would do. */
export function planAdvancing({ databaseUrl }: SequencerTaskConfig, to: number): Promise<Advance> {
  return inTaskDatabase(databaseUrl, ({ db }) => planAdvance(db, to))
}

export function advanceNumbering(
  { databaseUrl, redisUrl }: SequencerTaskConfig,
  to: number,
): Promise<Advance> {
  const journal =
    redisUrl === undefined ? undefined : new TailJournal({ redisUrl, key: journalKey(streamKey) })
  return inTaskDatabase(databaseUrl, (parts) => advance({ ...parts, databaseUrl, journal }, to))
}
