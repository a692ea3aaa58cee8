/**
 * The same chunks, ended by the signal's reason even while the source says nothing. The source is only left: it is its owner's to
 * destroy, who may have an answer to send first.
 *
 * Invariant: nothing that lives as long as the whole refers to a chunk. Racing each of them with one promise of the abort would: a promise keeps
 * whoever waits for it, and with that the chunk that won.
 */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncIterable<T> {
  const iterator = source[Symbol.asyncIterator]()
  let leave: (reason: unknown) => void = () => {}
  const abort = () => leave(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    for (;;) {
      signal.throwIfAborted()
      const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<T>>()
      leave = reject
      iterator.next().then(resolve, reject)
      const { value, done } = await promise
      if (done === true) return
      yield value
    }
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
