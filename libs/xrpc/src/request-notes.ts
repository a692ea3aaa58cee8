import type { FastifyRequest } from 'fastify'

/** What is found out about a request on its way, for the line that tells of it. */
export interface RequestNotes {
  /** The slug of the community it was for. */
  community?: string
  /** The name of the error that was answered. */
  error?: string
  /** What the error was, where it was a fault of ours. */
  cause?: unknown
}

const notes = new WeakMap<FastifyRequest, RequestNotes>()

export function noteRequest(request: FastifyRequest, found: RequestNotes): void {
  const known = notes.get(request)
  if (known === undefined) notes.set(request, found)
  else Object.assign(known, found)
}

export function requestNotes(request: FastifyRequest): RequestNotes {
  return notes.get(request) ?? {}
}
