import { askRedis } from '../redis-question.ts'
import { newestSeq } from '../stream/newest-seq.ts'
import type { Witness } from './witness.ts'

/** The Redis stream: its last id is the last seq that was published. */
export const streamWitnessName = 'stream'

export function streamWitness({ redisUrl, key }: { redisUrl: string; key: string }): Witness {
  return {
    name: streamWitnessName,
    lastSeq: () => askRedis(redisUrl, (redis) => newestSeq(redis, key)),
  }
}
