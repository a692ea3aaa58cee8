import type { FastifyReply } from 'fastify'

/** For what runs to its end, whoever is still there to hear of it. */
export const neverAborted: AbortSignal = new AbortController().signal

/** Aborted when the client goes away before its answer was written. */
export function disconnectSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  const onClose = () => {
    if (!raw.writableFinished) controller.abort()
  }
  if (raw.destroyed) onClose()
  else raw.once('close', onClose)
  return controller.signal
}
