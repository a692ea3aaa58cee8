import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Probe, Probed, ProbeSource } from '@heronry/blobs/probe-blob'
import { probeHeapMb, probeStartMs, probeTimeoutMs } from '../limits.ts'
import type { Asked, Told } from './messages.ts'

const faultCharsMax = 200

interface ProbeOptions {
  /** What the process runs. */
  readonly script?: URL
  readonly timeoutMs?: number
}

/**
 * Looks into pictures and films in a process of its own, one after the other. No thread: one that fills its heap is not ended by
 * `resourceLimits` nor by `terminate` (measured under Node 24: 480 MB beyond a limit of 48, and growing).
 *
 * Invariant: whatever the bytes are, we live and answer. A process that takes too long is killed, one that takes too much memory dies, which is
 * the blob's fault; what could not be read of the blob is not. kill -9 of us → its channel closes, and it ends.
 */
export function createProbe({
  script = new URL('./probe-process.ts', import.meta.url),
  timeoutMs = probeTimeoutMs,
}: ProbeOptions = {}): Probe & AsyncDisposable {
  let child: ChildProcess | undefined
  let last: Promise<unknown> = Promise.resolve()
  const probe = async (source: ProbeSource): Promise<Probed> => {
    const asked = child ?? (await startProcess(script))
    child = undefined
    const { probed, isEnded } = await ask(asked, source, timeoutMs)
    if (!isEnded) child = asked
    return probed
  }
  return Object.assign(
    (source: ProbeSource) => {
      const mine = last.then(() => probe(source))
      last = mine.catch(() => {})
      return mine
    },
    { [Symbol.asyncDispose]: async () => void (child && (await kill(child))) },
  )
}

async function startProcess(script: URL): Promise<ChildProcess> {
  const child = fork(fileURLToPath(script), {
    env: {},
    execArgv: [`--max-old-space-size=${probeHeapMb}`],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  await once(child, 'message', { signal: AbortSignal.timeout(probeStartMs) }).catch(async (error) => {
    await kill(child)
    throw error
  })
  // It holds nobody who wants to end.
  child.unref()
  child.channel?.unref()
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

interface Answer {
  readonly probed: Probed
  /** The process is no more. */
  readonly isEnded: boolean
}

async function ask(
  child: ChildProcess,
  { mime, size, read }: ProbeSource,
  timeoutMs: number,
): Promise<Answer> {
  const answer = Promise.withResolvers<Answer>()
  const tell = (asked: Asked) => child.send(asked, () => {})
  const ended = (fault: string) => answer.resolve({ probed: { fault }, isEnded: true })
  const late = () => ended('it takes too long to look into it')
  let timer = setTimeout(late, timeoutMs)
  const onMessage = (told: Told) => {
    if ('isReady' in told) return
    if ('probed' in told) return answer.resolve({ probed: cut(told.probed), isEnded: false })
    // The store's time is not the blob's.
    clearTimeout(timer)
    read(told.read.start, told.read.length).then((bytes) => {
      timer = setTimeout(late, timeoutMs)
      tell({ bytes })
    }, answer.reject)
  }
  const onExit = () => ended('looking into it needs too much memory, or fails')
  child.on('message', onMessage).on('exit', onExit).on('error', answer.reject)
  tell({ probe: { mime, size } })
  try {
    const answered = await answer.promise
    if (answered.isEnded) await kill(child)
    return answered
  } catch (error) {
    await kill(child)
    throw error
  } finally {
    clearTimeout(timer)
    child.off('message', onMessage).off('exit', onExit).off('error', answer.reject)
  }
}

function cut(probed: Probed): Probed {
  if (probed.fault === undefined) return probed
  return { fault: probed.fault.slice(0, faultCharsMax).toWellFormed().replaceAll('\0', '') }
}
