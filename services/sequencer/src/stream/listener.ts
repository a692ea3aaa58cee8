import type { Dependencies } from '@heronry/core/dependencies'
import type { Seq } from '@heronry/core/ids'
import type { Service } from '@heronry/core/service'
import { sleep } from '@heronry/core/sleep'
import { type Chunk, decodeChunk } from '@heronry/events/chunk'
import type { Logger } from '@heronry/telemetry/logger'
import { Redis } from 'ioredis'
import { chunksReadMax, disconnectMsMax } from '../limits.ts'
import type { ChunkTaker } from './chunk-feed.ts'
import { newestSeq } from './newest-seq.ts'

const blockMs = 5_000
const retryMs = 1_000
const unneededMs = 1_000

/** Who is fed by the stream, and told whether there is one. */
export interface StreamReader extends ChunkTaker {
  streamFound(): void
  streamLost(): void
}

export interface StreamListenerOptions {
  readonly redisUrl: string
  readonly key: string
  readonly logger: Logger
  readonly dependencies?: Dependencies | undefined
  readonly reader: StreamReader
  /** False while the reader is given the same by its own process. */
  readonly isNeeded: () => boolean
}

/**
 * Reads the chunks that another process publishes. Without Redis the edge polls Postgres.
 *
 * It begins after the newest entry whenever it connects: what stands there may be of a future that a rollback has undone, and Postgres is
 * asked for what lies before. From then on it reads every entry; one that was trimmed before is a gap, which the edge fills.
 */
export function streamListener(options: StreamListenerOptions): Service {
  return { name: 'sequencer-stream-listener', run: (signal) => listen(options, signal) }
}

async function listen(options: StreamListenerOptions, signal: AbortSignal) {
  const { redisUrl, logger, reader, dependencies } = options
  const redis = new Redis(redisUrl, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    commandTimeout: 2 * blockMs,
    // A blocked connection is cut, not waited for.
    disconnectTimeout: disconnectMsMax,
    lazyConnect: true,
  })
  redis.on('error', () => {})
  dependencies?.watch('redis', () => redis.status === 'ready')
  signal.addEventListener('abort', () => redis.disconnect())
  await redis.connect().catch(() => {})
  let failing = false
  while (!signal.aborted) {
    try {
      if (options.isNeeded()) {
        const newest = await newestSeq(redis, options.key)
        failing = false
        reader.streamFound()
        await readOn(redis, options, newest)
      }
      await sleep(unneededMs, signal)
    } catch (error) {
      if (signal.aborted) break
      reader.streamLost()
      if (!failing) logger.warn({ err: error }, 'firehose stream lost, polling Postgres')
      failing = true
      await sleep(retryMs, signal)
    }
  }
  redis.disconnect()
}

/** Until a command fails, or it is not needed any more. */
async function readOn(
  redis: Redis,
  { key, reader, isNeeded }: StreamListenerOptions,
  newest: Seq | undefined,
) {
  let last = `${newest ?? 0}-0`
  while (isNeeded()) {
    const read = await redis.xreadBuffer('COUNT', chunksReadMax, 'BLOCK', blockMs, 'STREAMS', key, last)
    for (const entry of entriesOf(read)) {
      reader.take(chunkOf(entry))
      last = entry.id
    }
  }
}

interface Entry {
  readonly id: string
  readonly body: Buffer | undefined
}

/** One stream was asked for: `[[key, [[id, [name, value]], …]]]`, or null. */
function entriesOf(read: unknown): Entry[] {
  const [stream] = (read ?? []) as [Buffer, [Buffer, Buffer[]][]][]
  return (stream?.[1] ?? []).map(([id, [, body]]) => ({ id: id.toString(), body }))
}

/** Of another version of this house: it says at least how far numbering is. */
function chunkOf({ id, body }: Entry): Chunk {
  const seq = Number.parseInt(id, 10) as Seq
  return (body && decodeChunk(body)) ?? { after: seq, upto: seq, stampedAt: Date.now(), events: [] }
}
