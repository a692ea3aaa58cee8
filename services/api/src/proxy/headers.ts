import type { IncomingHttpHeaders } from 'node:http'

const ofEvery = ['accept-language', 'atproto-accept-labelers', 'x-bsky-topics'] as const
const ofBody = ['content-type', 'content-encoding', 'content-length'] as const
const ofAnswer = [
  'content-length',
  'content-encoding',
  'content-type',
  'content-language',
  'atproto-repo-rev',
  'atproto-content-labelers',
  'retry-after',
] as const

/** What an upstream is told of a request: no cookie, no address, no browser. Names and values in turn. */
export function requestHeaders(
  headers: IncomingHttpHeaders,
  { hasBody, token }: { hasBody: boolean; token: string | undefined },
): string[] {
  const list = ['accept-encoding', header(headers, 'accept-encoding') ?? 'identity']
  for (const name of hasBody ? [...ofEvery, ...ofBody] : ofEvery) {
    const value = header(headers, name)
    if (value !== undefined) list.push(name, value)
  }
  if (token !== undefined) list.push('authorization', `Bearer ${token}`)
  return list
}

/** What a client is told of an answer. */
export function answerHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name of ofAnswer) {
    const value = header(headers, name)
    if (value !== undefined) kept[name] = value
  }
  return kept
}

/** What comes several times is a list (RFC 9110 §5.3). */
function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}
