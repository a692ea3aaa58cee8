import { Readable } from 'node:stream'

interface Watch {
  /** What the source must have when it ends. */
  readonly bytes: number
  /** How long it may say nothing while somebody waits for it. */
  readonly pauseMaxMs: number
  /** What a failure of the source is told as. */
  readonly explain: (error: unknown) => Error
}

/**
 * The bytes of an answer, which ends only when all of them have come: one that is too short, breaks off or falls silent fails. A reader that
 * takes its time is no fault of the source. Destroying it destroys the source.
 */
export function watchedStream(source: Readable, { bytes, pauseMaxMs, explain }: Watch): Readable {
  let left = bytes
  const fail = (error: unknown) => watched.destroy(explain(error))
  const onSilence = () => {
    if (!source.isPaused()) fail(named('TimeoutError', `nothing came for ${pauseMaxMs} ms`))
  }
  const timer = setTimeout(onSilence, pauseMaxMs)
  const watched = new Readable({
    read() {
      timer.refresh()
      source.resume()
    },
    destroy(error, done) {
      clearTimeout(timer)
      source.destroy()
      done(error)
    },
  })
  source.pause()
  source.on('data', (chunk: Buffer) => {
    left -= chunk.length
    timer.refresh()
    if (!watched.push(chunk)) source.pause()
  })
  source.once('end', () => {
    if (left === 0) watched.push(null)
    else fail(named('TruncatedObject', `${left} of ${bytes} bytes did not come`))
  })
  source.once('error', fail)
  // Of a source that is destroyed without an error.
  source.once('close', () => {
    if (!source.readableEnded) fail(named('TruncatedObject', `${left} of ${bytes} bytes did not come`))
  })
  return watched
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}
