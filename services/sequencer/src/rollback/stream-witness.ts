import type { Seq } from '@heronry/core/ids'
import { askRedis } from '../redis-question.ts'
import type { Witness } from './witness.ts'

/** The Redis stream: its last id is the last seq that was announced. */
export const streamWitnessName = 'stream'

export function streamWitness({ redisUrl, key }: { redisUrl: string; key: string }): Witness {
  return {
    name: streamWitnessName,
    async lastSeq() {
      const [last] = await askRedis(redisUrl, (redis) => redis.xrevrange(key, '+', '-', 'COUNT', 1))
      return last === undefined ? undefined : (Number.parseInt(last[0], 10) as Seq)
    },
  }
}
