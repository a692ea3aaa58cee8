import { HeronryError } from '@heronry/core/error'

/** Reads a JSON object that another server sent; throws `UpstreamFailure` for anything else. */
export function parseJsonObject(body: Buffer, what: string): Record<string, unknown> {
  const value = parsed(body, what)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HeronryError('UpstreamFailure', `${what} is no JSON object`)
  }
  return value as Record<string, unknown>
}

function parsed(body: Buffer, what: string): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch (cause) {
    throw new HeronryError('UpstreamFailure', `${what} is no JSON`, { cause })
  }
}
