import { Worker } from 'node:worker_threads'
import type { Probe, Probed, ProbeSource } from '@heronry/blobs/probe-blob'
import { probeHeapMb, probeStackMb, probeTimeoutMs, probeYoungHeapMb } from '../limits.ts'
import type { Asked, Told } from './thread-messages.ts'

const faultCharsMax = 200

/**
 * Looks into pictures and films in a thread of its own, one after the other.
 *
 * Invariant: whatever the bytes are, the process lives and answers. A thread that takes too long or too much memory is ended, which is the
 * blob's fault; what could not be read of the blob is not.
 */
export function createProbe(): Probe & AsyncDisposable {
  let thread: Worker | undefined
  let last: Promise<unknown> = Promise.resolve()
  const probe = async (source: ProbeSource): Promise<Probed> => {
    const asked = thread ?? startThread()
    thread = undefined
    const { probed, isEnded } = await ask(asked, source)
    if (!isEnded) thread = asked
    return probed
  }
  return Object.assign(
    (source: ProbeSource) => {
      const mine = last.then(() => probe(source))
      last = mine.catch(() => {})
      return mine
    },
    { [Symbol.asyncDispose]: async () => void (await thread?.terminate()) },
  )
}

function startThread(): Worker {
  const thread = new Worker(new URL('./probe-thread.ts', import.meta.url), {
    env: {},
    resourceLimits: {
      maxOldGenerationSizeMb: probeHeapMb,
      maxYoungGenerationSizeMb: probeYoungHeapMb,
      stackSizeMb: probeStackMb,
    },
  })
  thread.unref()
  return thread
}

interface Answer {
  readonly probed: Probed
  /** The thread is no more. */
  readonly isEnded: boolean
}

async function ask(thread: Worker, { mime, size, read }: ProbeSource): Promise<Answer> {
  const answer = Promise.withResolvers<Answer>()
  const tell = (asked: Asked) => thread.postMessage(asked)
  const ended = (fault: string) => answer.resolve({ probed: { fault }, isEnded: true })
  let timer = setTimeout(late, probeTimeoutMs)
  function late(): void {
    ended('it takes too long to look into it')
  }
  const onMessage = (told: Told) => {
    if ('probed' in told) return answer.resolve({ probed: cut(told.probed), isEnded: false })
    // The store's time is not the blob's.
    clearTimeout(timer)
    read(told.read.start, told.read.length).then((bytes) => {
      timer = setTimeout(late, probeTimeoutMs)
      // A buffer of its own: parsers look beyond the end of a view.
      const own = new Uint8Array(bytes)
      thread.postMessage({ bytes: own } satisfies Asked, [own.buffer])
    }, answer.reject)
  }
  const onError = (error: Error) => ended(`looking into it failed: ${error.message}`.slice(0, faultCharsMax))
  thread.on('message', onMessage).on('error', onError)
  tell({ probe: { mime, size } })
  try {
    const answered = await answer.promise
    if (answered.isEnded) await thread.terminate()
    return answered
  } catch (error) {
    await thread.terminate()
    throw error
  } finally {
    clearTimeout(timer)
    thread.off('message', onMessage).off('error', onError)
  }
}

function cut(probed: Probed): Probed {
  if (probed.fault === undefined) return probed
  return { fault: probed.fault.slice(0, faultCharsMax).toWellFormed().replaceAll('\0', '') }
}
