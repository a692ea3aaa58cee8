import type { SequencerTaskConfig } from '@heronry/config/house-config'
import { createHttpFetch } from '@heronry/identity/http-fetch'
import { inTaskDatabase } from '@heronry/xrpc/process/in-task-database'
import { witnessAnswerMs } from '../limits.ts'
import { relayWitnesses } from '../rollback/relay-witnesses.ts'
import { streamWitness } from '../rollback/stream-witness.ts'
import { streamKey } from '../stream/stream-key.ts'
import { sequencerStatus } from './sequencer-status.ts'

export function showStatus({ databaseUrl, redisUrl, publicOnly }: SequencerTaskConfig) {
  const fetch = createHttpFetch({ publicOnly, timeoutMs: witnessAnswerMs })
  const stream = redisUrl === undefined ? [] : [streamWitness({ redisUrl, key: streamKey })]
  return inTaskDatabase(databaseUrl, async ({ db, logger }) =>
    sequencerStatus({ db, logger, witnesses: [...stream, ...(await relayWitnesses(db, fetch))] }),
  )
}
