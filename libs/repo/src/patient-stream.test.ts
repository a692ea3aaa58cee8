import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type PatientLimits, PatientStream, type Sink } from './patient-stream.ts'
import { Spools } from './spools.ts'

const chunkBytes = 100_000
const limits: PatientLimits = { bufferBytesMax: 4 * chunkBytes, patienceMs: 50, streamMsMax: 60_000 }
let folder: string
let spools: Spools
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heronry-spools-'))
  spools = new Spools(folder, { spoolBytesMax: 50 * chunkBytes, spoolsBytesMax: 80 * chunkBytes })
})
afterEach(() => rm(folder, { recursive: true }))

test('a reader who keeps up reads everything in order, and nothing is spooled', async () => {
  const producer = producing(60)
  const { stream, bytes } = producer
  expect(bytes.equals(await collected(stream))).toBe(true)
  expect(producer.ended).toBe(true)
  expect(spools.bytes).toBe(0)
})

test('the producer of a reader who stalls is done after its patience, and the reader still gets everything', async () => {
  const producer = producing(40)
  const { stream, bytes } = producer
  const reading = stream[Symbol.asyncIterator]()
  const first = await reading.next()
  expect(producer.ended).toBe(false)
  await vi.waitUntil(() => producer.ended, { timeout: 5_000, interval: 5 })
  expect(spools.bytes).toBeGreaterThan(30 * chunkBytes)
  expect(await readdir(folder)).toEqual([])
  const rest = await collected({ [Symbol.asyncIterator]: () => reading })
  expect(bytes.equals(Buffer.concat([first.value, rest]))).toBe(true)
  expect(spools.bytes).toBe(0)
})

test('a reader who catches up with a spool that grows gets everything', async () => {
  const { stream, bytes } = producing(45, { eachAfter: () => turn() })
  const chunks: Buffer[] = []
  for await (const chunk of stream) {
    if (chunks.push(chunk) === 2) await vi.waitUntil(() => spools.bytes > 0, { timeout: 5_000, interval: 1 })
  }
  expect(bytes.equals(Buffer.concat(chunks))).toBe(true)
})

test('a spool at its limit is served; one byte more ends the stream with a reason', async () => {
  const inMemory = limits.bufferBytesMax / chunkBytes
  const firstRead = 1
  const outcomes: unknown[] = []
  for (const extra of [0, 1]) {
    const { stream } = producing(50 + inMemory + firstRead, { extra })
    stream.on('error', (error) => outcomes.push(error)).once('readable', () => {})
    await vi.waitUntil(() => stream.closed || spools.bytes === 50 * chunkBytes, {
      timeout: 5_000,
      interval: 5,
    })
    if (extra === 0) outcomes.push('served')
    stream.destroy()
    await vi.waitUntil(() => spools.bytes === 0, { timeout: 5_000, interval: 5 })
  }
  expect(outcomes).toEqual(['served', expect.objectContaining({ code: 'ServiceUnavailable' })])
})

test('all spools together have a limit: who comes past it is ended, the others are not', async () => {
  const streams = [producing(40), producing(40), producing(40)]
  const failed: unknown[] = []
  for (const { stream } of streams)
    stream.on('error', (error) => failed.push(error)).once('readable', () => {})
  const settled = () => streams.every(({ stream, ended }) => stream.closed || ended)
  await vi.waitUntil(settled, { timeout: 5_000, interval: 5 })
  expect(failed).toEqual([expect.objectContaining({ code: 'ServiceUnavailable' })])
  for (const { stream } of streams) stream.destroy()
  await vi.waitUntil(() => spools.bytes === 0, { timeout: 5_000, interval: 5 })
})

test('a reader who leaves ends the producer, spool or not, and its space is free again', async () => {
  for (const patienceMs of [0, 60_000]) {
    // One without patience fills its spool: it is held well below the limit until the reader has left.
    const left = Promise.withResolvers<void>()
    let written = 0
    const eachAfter = () => (written++ < 20 ? undefined : left.promise)
    const producer = producing(40, { patienceMs, eachAfter })
    const { stream } = producer
    stream.once('readable', () => {})
    const enough = () => (patienceMs === 0 ? spools.bytes > 0 : producer.written >= limits.bufferBytesMax)
    await vi.waitUntil(enough, { timeout: 5_000, interval: 5 })
    stream.destroy()
    left.resolve()
    await vi.waitUntil(() => producer.error !== undefined, { timeout: 5_000, interval: 5 })
    expect(String(producer.error)).toContain('The reader has left')
    await vi.waitUntil(() => spools.bytes === 0, { timeout: 5_000, interval: 5 })
  }
})

test('what the producer throws ends the stream, and one who takes too long is ended', async () => {
  const failing = new PatientStream({ spools, limits, produce: () => Promise.reject(new Error('no more')) })
  await expect(collected(failing)).rejects.toThrow('no more')
  const { stream } = producing(40, { streamMsMax: 30, eachAfter: () => turn() })
  stream.once('readable', () => {})
  await expect(new Promise((_, reject) => stream.on('error', reject))).rejects.toThrow('30 ms')
})

interface Producing extends Partial<PatientLimits> {
  /** Bytes of the last chunk beyond the others. */
  extra?: number
  eachAfter?: () => Promise<unknown> | undefined
}

function producing(count: number, { extra = 0, eachAfter, ...own }: Producing = {}) {
  const chunks = Array.from({ length: count }, (_, at) =>
    randomBytes(chunkBytes + (at === count - 1 ? extra : 0)),
  )
  const producer = { ended: false, written: 0, error: undefined as unknown }
  const produce = async (sink: Sink) => {
    try {
      for (const chunk of chunks) {
        await eachAfter?.()
        producer.written += chunk.length
        await sink.write(chunk)
      }
      producer.ended = true
    } catch (error) {
      producer.error = error
      throw error
    }
  }
  const stream = new PatientStream({ spools, limits: { ...limits, ...own }, produce })
  return Object.assign(producer, { stream, bytes: Buffer.concat(chunks) })
}

async function collected(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const part of parts) chunks.push(part)
  return Buffer.concat(chunks)
}
