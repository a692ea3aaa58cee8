/**
 * The same chunks, ended by the signal's reason even while the source says nothing. The source is only left: it is its owner's to
 * destroy, who may have an answer to send first.
 */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncIterable<T> {
  const iterator = source[Symbol.asyncIterator]()
  const aborted = Promise.withResolvers<never>()
  // Raced below; an abort after the last chunk concerns nobody.
  aborted.promise.catch(() => {})
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    for (;;) {
      const { value, done } = await Promise.race([iterator.next(), aborted.promise])
      if (done === true) return
      yield value
    }
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
