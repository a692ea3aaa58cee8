import { shutdownMsMax } from './limits.ts'

/**
 * Aborted by the first SIGINT or SIGTERM. What is still running some seconds later is cut off: the launcher and Kubernetes
 * would do it less politely.
 */
export function stopSignal(): AbortSignal {
  const stop = new AbortController()
  const begin = () => {
    stop.abort()
    setTimeout(() => process.exit(1), shutdownMsMax).unref()
  }
  process.once('SIGINT', begin).once('SIGTERM', begin)
  return stop.signal
}
