import type { Logger } from '@heronry/telemetry/logger'
import { Queue, Worker } from 'bullmq'
import { Redis, type RedisOptions } from 'ioredis'
import { redisTimeoutMs } from './limits.ts'
import type { Dispatch, RunDispatch, Transport } from './transport.ts'

export interface BullOptions {
  redisUrl: string
  queue: string
  concurrency: number
  logger: Logger
  run: RunDispatch
}

/** Redis holds the number of a row and of its start, and nothing else: losing it all costs a lease, leaking it tells nothing. */
interface BullData {
  id: string
  attempt: number
}

const prefix = 'heronry'

/**
 * Hands leased jobs to whichever process of the queue is free, through BullMQ.
 *
 * Invariant: a dispatch is one BullMQ job by its id, so that dispatching it again while it waits there does nothing. Redis may be
 * absent, stop, forget everything and return at any moment: commands fail at once instead of queueing, and the connections come
 * back by themselves.
 */
export function bullTransport(options: BullOptions): Transport {
  const { redisUrl, queue: name, concurrency, logger, run } = options
  const outage = outageLog(logger)
  const commands = connect(redisUrl, { enableOfflineQueue: false, commandTimeout: redisTimeoutMs }, outage)
  const fetching = connect(redisUrl, { maxRetriesPerRequest: null }, outage)
  const queue = new Queue<BullData>(name, { connection: commands, prefix, skipMetasUpdate: true })
  let stopped = false
  const worker = new Worker<BullData>(
    name,
    async ({ data }) => {
      // A job fetched while stopping is refused; its lease expires and it is dispatched again.
      if (stopped) throw new Error('The worker is stopping')
      await run({ id: BigInt(data.id), attempt: data.attempt })
    },
    { connection: fetching, prefix, concurrency, drainDelay: 5 },
  )
  queue.on('error', outage.failed)
  worker.on('error', outage.failed)
  return {
    async room() {
      if (commands.status !== 'ready') throw new Error('Redis is not connected')
      return Math.max(0, 2 * concurrency - (await queue.getWaitingCount()))
    },
    async dispatch(jobs) {
      if (commands.status !== 'ready') throw new Error('Redis is not connected')
      await queue.addBulk(jobs.map((job) => bullJob(job)))
    },
    stop() {
      stopped = true
      worker.pause(true).catch(outage.failed)
    },
    async [Symbol.asyncDispose]() {
      // Both may wait for a Redis that is not there; cutting the connections ends whatever still does.
      const closed = Promise.allSettled([worker.close(true), queue.close()])
      await Promise.race([closed, deadline()])
      for (const connection of [commands, fetching]) connection.disconnect()
    },
  }
}

function bullJob({ id, attempt }: Dispatch) {
  const data: BullData = { id: id.toString(), attempt }
  return {
    name: 'run',
    data,
    opts: { jobId: `o${id}-${attempt}`, removeOnComplete: true, removeOnFail: true },
  }
}

function connect(url: string, options: RedisOptions, outage: OutageLog): Redis {
  const redis = new Redis(url, {
    ...options,
    connectTimeout: redisTimeoutMs,
    retryStrategy: (times) => Math.min(times * 100, 1000),
  })
  redis.on('error', outage.failed)
  redis.on('ready', outage.ready)
  return redis
}

interface OutageLog {
  failed: (error: Error) => void
  ready: () => void
}

/** One line when Redis fails and one when it is back, not one for each try. */
function outageLog(logger: Logger): OutageLog {
  let out = false
  return {
    failed(error) {
      logger[out ? 'debug' : 'warn']({ error: error.message }, 'redis failed')
      out = true
    },
    ready() {
      if (out) logger.info('redis is back')
      out = false
    },
  }
}

function deadline(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, redisTimeoutMs).unref())
}
