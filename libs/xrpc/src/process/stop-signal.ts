import { setTimeout as delay } from 'node:timers/promises'
import { shutdownMsMax } from './limits.ts'

export interface StopOptions {
  /** Time for proxies to notice that this process is not ready any more, before it refuses them. */
  readonly drainDelayMs: number
  /** Called at the first signal. */
  readonly onDrain: () => void
}

/**
 * Aborted by the first SIGINT or SIGTERM, after the delay. A second signal ends the process at once, and so does what still runs
 * some seconds after the abort: the launcher and Kubernetes would do it less politely.
 */
export function stopSignal({ drainDelayMs, onDrain }: StopOptions): AbortSignal {
  const stop = new AbortController()
  let stopping = false
  const onSignal = async () => {
    if (stopping) process.exit(1)
    stopping = true
    onDrain()
    setTimeout(() => process.exit(1), drainDelayMs + shutdownMsMax).unref()
    if (drainDelayMs > 0) await delay(drainDelayMs)
    stop.abort()
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  return stop.signal
}
