import { Redis } from 'ioredis'
import { redisQuestionMs } from './limits.ts'

/** Asks Redis once, on a connection of its own. Rejects where it does not answer in time. */
export async function askRedis<T>(redisUrl: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectTimeout: redisQuestionMs,
    commandTimeout: redisQuestionMs,
  })
  // What is wrong with the connection is what the question rejects with.
  redis.on('error', () => {})
  try {
    await redis.connect()
    return await question(redis)
  } finally {
    redis.disconnect()
  }
}
