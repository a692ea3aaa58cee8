/**
 * A body in pieces of exactly `bytes`, but for the last; one empty piece where there is nothing. A piece is valid until the next one is asked
 * for: they share their memory, of `bytes` for a body that fills it and of `small` for one that fits.
 */
export async function* bodyParts(
  body: AsyncIterable<Uint8Array>,
  { bytes, small }: { bytes: number; small: number },
): AsyncIterable<{ part: Uint8Array; isLast: boolean }> {
  let buffer = Buffer.allocUnsafe(small)
  let length = 0
  for await (const chunk of body) {
    for (let from = 0; from < chunk.length; ) {
      if (length === bytes) {
        yield { part: buffer, isLast: false }
        length = 0
      }
      if (length === buffer.length) buffer = grown(buffer, bytes)
      const taken = chunk.subarray(from, from + buffer.length - length)
      buffer.set(taken, length)
      length += taken.length
      from += taken.length
    }
  }
  yield { part: buffer.subarray(0, length), isLast: true }
}

function grown(small: Buffer, bytes: number): Buffer<ArrayBuffer> {
  const large = Buffer.allocUnsafe(bytes)
  small.copy(large)
  return large
}
