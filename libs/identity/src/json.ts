import { HeronryError } from '@heronry/core/error'

/** Reads a JSON object that another server sent; throws `UpstreamFailure` for anything else. */
export function parseJsonObject(body: Buffer, what: string): Record<string, unknown> {
  return asObject(parsed(body, what), what)
}

/** As `parseJsonObject`, of a list of them. */
export function parseJsonObjects(body: Buffer, what: string): Record<string, unknown>[] {
  const value = parsed(body, what)
  if (!Array.isArray(value)) throw new HeronryError('UpstreamFailure', `${what} is no JSON list`)
  return value.map((item: unknown) => asObject(item, what))
}

function asObject(value: unknown, what: string): Record<string, unknown> {
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
