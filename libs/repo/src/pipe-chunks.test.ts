import { hash, randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { Readable, Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { createGzip, gunzipSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import { ChunkMemory } from './chunk-memory.ts'
import { PatientStream, type Sink } from './patient-stream.ts'
import { pipeChunks } from './pipe-chunks.ts'
import { Spools } from './spools.ts'

const chunkBytes = 50_000
const limits = { bufferBytesMax: 3 * chunkBytes, patienceMs: 5_000, streamMsMax: 60_000 }
const spools = new Spools(tmpdir())
const content = randomBytes(40 * chunkBytes - 17)

test('memory that was sent serves again, and the destination gets every byte', async () => {
  const used = new Set<ArrayBufferLike>()
  const received: Buffer[] = []
  // It reads a chunk at the last moment that is its own.
  const destination = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      setImmediate(() => {
        received.push(Buffer.from(chunk))
        callback()
      })
    },
  })
  await finished(stream(used).pipe(destination))
  expect(digest(received)).toBe(digest([content]))
  expect(used.size).toBeLessThan(10)
})

test('so it is where the rest waits in a spool, and where the answer is compressed', async () => {
  const used = new Set<ArrayBufferLike>()
  const received: Buffer[] = []
  const slow = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      received.push(Buffer.from(chunk))
      if (received.length > 1) return callback()
      // Past the patience of the producer.
      vi.waitUntil(() => spools.bytes > 0, { timeout: 5_000, interval: 5 }).then(() => callback(), callback)
    },
  })
  await pipeline(stream(used, { patienceMs: 10 }), createGzip({ level: 0 }), slow)
  expect(digest([gunzipSync(Buffer.concat(received))])).toBe(digest([content]))
  expect(used.size).toBeLessThan(10)
})

test('a reader who keeps what it reads keeps it', async () => {
  const parts: Buffer[] = []
  for await (const part of stream(new Set())) {
    await turn()
    parts.push(part)
  }
  expect(digest(parts)).toBe(digest([content]))
})

test('a chunk that could not be sent is not written over', async () => {
  const done: Buffer[] = []
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, callback) => callback(chunk[0] === 2 ? new Error('gone') : null),
  })
  destination.on('error', () => {})
  const source = Readable.from([Buffer.of(1), Buffer.of(2), Buffer.of(3)])
  pipeChunks(source, { destination, end: true, onDone: (chunk) => done.push(chunk) })
  await expect(finished(destination)).rejects.toThrow('gone')
  expect(done).toEqual([Buffer.of(1)])
  expect(source.isPaused()).toBe(true)
})

test('memory of another size than that of chunks is left alone', () => {
  const memory = new ChunkMemory(1_000)
  const first = memory.take()
  memory.giveBack(first.subarray(1))
  memory.giveBack(Buffer.alloc(1_001))
  expect(memory.take().buffer).not.toBe(first.buffer)
  memory.giveBack(first.subarray(0, 10))
  const again = memory.take()
  expect(again.buffer).toBe(first.buffer)
  expect(again).toHaveLength(1_000)
})

/** Its chunks are written into memory that serves again. */
function stream(used: Set<ArrayBufferLike>, own: Partial<typeof limits> = {}): PatientStream {
  const memory = new ChunkMemory(chunkBytes)
  const produce = async (sink: Sink) => {
    for (let at = 0; at < content.length; at += chunkBytes) {
      const chunk = memory.take()
      used.add(chunk.buffer)
      await sink.write(chunk.subarray(0, content.copy(chunk, 0, at)))
    }
  }
  return new PatientStream({ spools, limits: { ...limits, ...own }, memory, produce })
}

function digest(parts: readonly Buffer[]): string {
  return hash('sha256', Buffer.concat(parts))
}
