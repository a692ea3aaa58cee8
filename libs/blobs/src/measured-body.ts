import { createHash } from 'node:crypto'
import type { Digest } from '@heronry/core/cid'
import { HeronryError } from '@heronry/core/error'
import { sniffBytesMax } from './limits.ts'

/** What a body turned out to be. */
export interface Measures {
  digest: Digest
  size: number
}

/**
 * A body on its way through: its first bytes are read ahead, the rest is counted and hashed while somebody else consumes it.
 * Memory: one chunk, and the head.
 */
export interface MeasuredBody {
  /** At least sniffBytesMax bytes, or all there are. */
  head: Uint8Array
  /** May be consumed once. Throws `PayloadTooLarge` at the first byte past the limit. */
  chunks: AsyncIterable<Uint8Array>
  /** Valid once `chunks` has ended. */
  measures(): Measures
}

export async function measureBody(
  body: AsyncIterable<Uint8Array>,
  { bytesMax }: { bytesMax: number },
): Promise<MeasuredBody> {
  const source = body[Symbol.asyncIterator]()
  const early: Uint8Array[] = []
  const hash = createHash('sha256')
  let size = 0

  const next = async (): Promise<Uint8Array | undefined> => {
    const { value, done } = await source.next()
    if (done === true) return undefined
    size += value.length
    if (size > bytesMax) throw new HeronryError('PayloadTooLarge', 'request entity too large')
    hash.update(value)
    return value
  }
  async function* chunks() {
    yield* early
    for (let chunk = await next(); chunk !== undefined; chunk = await next()) yield chunk
  }

  while (size < sniffBytesMax) {
    const chunk = await next()
    if (chunk === undefined) break
    early.push(chunk)
  }
  return {
    head: Buffer.concat(early),
    chunks: chunks(),
    measures: () => ({ digest: hash.copy().digest() as Uint8Array as Digest, size }),
  }
}
