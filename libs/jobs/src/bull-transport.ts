import type { Dependencies } from '@heronry/core/dependencies'
import type { Logger } from '@heronry/telemetry/logger'
import { Queue, Worker } from 'bullmq'
import { Redis, type RedisOptions } from 'ioredis'
import { disconnectMsMax, redisTimeoutMs } from './limits.ts'
import { type Dispatch, type RunDispatch, type Transport, TransportAway } from './transport.ts'

export interface BullOptions {
  redisUrl: string
  queue: string
  concurrency: number
  logger: Logger
  dependencies?: Dependencies | undefined
  run: RunDispatch
  /** Redis is there, or there again. */
  onReady: () => void
}

/** Redis holds the number of a row and of its start, and nothing else: losing it all costs a lease, leaking it tells nothing. */
interface BullData {
  id: string
  attempt: number
}

const prefix = 'heronry'

/**
 * Seconds of one blocking fetch. When Redis goes away in the middle of one, nothing ends it but BullMQ's own watchdog a second
 * later, and a stopping process waits for that.
 */
const fetchSeconds = 1

/** A job that was fetched by a process killed before it started it is fetched again after twice this. */
const stalledAfterMs = 10_000

/**
 * Hands leased jobs to whichever process of the queue is free, through BullMQ.
 *
 * Invariant: a dispatch is one BullMQ job by its id, so that dispatching it again while it waits there does nothing. Redis may be
 * absent, stop, forget everything and return at any moment: commands fail at once instead of queueing, and the connections come
 * back by themselves.
 */
export function bullTransport(options: BullOptions): Transport {
  const { redisUrl, queue: name, concurrency, logger, run } = options
  const commands = connect(redisUrl, { enableOfflineQueue: false, commandTimeout: redisTimeoutMs })
  const fetching = connect(redisUrl, { maxRetriesPerRequest: null })
  const queue = new Queue<BullData>(name, { connection: commands, prefix, skipMetasUpdate: true })
  let stopped = false
  const worker = new Worker<BullData>(
    name,
    async ({ data }) => {
      // A job fetched while stopping is refused; its lease expires and it is dispatched again.
      if (stopped) throw new Error('The worker is stopping')
      await run({ id: BigInt(data.id), attempt: data.attempt })
    },
    {
      connection: fetching,
      prefix,
      concurrency,
      drainDelay: fetchSeconds,
      lockDuration: stalledAfterMs,
      stalledInterval: stalledAfterMs,
    },
  )
  const failed = (error: Error) => {
    if (!stopped)
      logger[commands.status === 'ready' ? 'warn' : 'debug']({ error: error.message }, 'redis error')
  }
  for (const connection of [commands, fetching]) connection.on('error', failed)
  queue.on('error', failed)
  worker.on('error', failed)
  commands.on('ready', options.onReady)
  options.dependencies?.watch('redis', () => commands.status === 'ready')
  return {
    async room() {
      assertReady(commands)
      return Math.max(0, 2 * concurrency - (await queue.getWaitingCount()))
    },
    async dispatch(jobs) {
      assertReady(commands)
      await queue.addBulk(jobs.map((job) => bullJob(job)))
    },
    stop() {
      stopped = true
      worker.pause(true).catch(failed)
    },
    async [Symbol.asyncDispose]() {
      // In peace, so that no job stays fetched and never started; but a Redis that is not there may keep both for ever.
      const absent = fetching.status !== 'ready'
      const closed = Promise.allSettled([worker.close(absent), queue.close()])
      await Promise.race([closed, deadline()])
      for (const connection of [commands, fetching]) connection.disconnect()
    },
  }
}

function assertReady(redis: Redis): void {
  if (redis.status !== 'ready') throw new TransportAway('Redis is not connected')
}

function bullJob({ id, attempt }: Dispatch) {
  const data: BullData = { id: id.toString(), attempt }
  return {
    name: 'run',
    data,
    opts: { jobId: `o${id}-${attempt}`, removeOnComplete: true, removeOnFail: true },
  }
}

function connect(url: string, options: RedisOptions): Redis {
  return new Redis(url, {
    ...options,
    connectTimeout: redisTimeoutMs,
    disconnectTimeout: disconnectMsMax,
    retryStrategy: (times) => Math.min(times * 100, 1000),
  })
}

function deadline(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, redisTimeoutMs).unref())
}
