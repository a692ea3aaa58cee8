import type { Seq } from '@heronry/core/ids'
import type { Redis } from 'ioredis'

/** The last seq that the stream speaks of; undefined where it is empty. */
export async function newestSeq(redis: Redis, key: string): Promise<Seq | undefined> {
  const [last] = await redis.xrevrange(key, '+', '-', 'COUNT', 1)
  return last === undefined ? undefined : (Number.parseInt(last[0], 10) as Seq)
}
