import { shutdownMsMax } from './limits.ts'

/**
 * Aborted by the first SIGINT, SIGTERM or, if asked for, end of standard input. What is still running some seconds later is
 * cut off: the launcher and Kubernetes would do it less politely.
 */
export function stopSignal({ endsWithStdin }: { endsWithStdin: boolean }): AbortSignal {
  const stop = new AbortController()
  const begin = () => {
    stop.abort()
    setTimeout(() => process.exit(1), shutdownMsMax).unref()
  }
  process.once('SIGINT', begin).once('SIGTERM', begin)
  if (endsWithStdin) process.stdin.once('close', begin).once('error', begin).resume().unref()
  return stop.signal
}
