import type { Chance } from '../chance.ts'

/** What a request needs to know of a house to come as far as its handlers. */
export interface Known {
  readonly host: string
  readonly did: string
  readonly handle: string
  readonly email: string
  readonly password: string
  readonly adminPassword: string
  readonly accessJwt: string
  readonly refreshJwt: string
}

/** A request that the house would take. */
export interface Template {
  readonly path: string
  readonly verb?: 'POST'
  readonly params?: Readonly<Record<string, unknown>>
  /** An object is sent as JSON, a text as a picture. */
  readonly body?: object | string
  readonly credentials?: Credentials
}

export type Credentials = 'access' | 'refresh' | 'admin'

/** A request on its way to be bytes. */
export interface Draft {
  verb: string
  path: string
  query: [name: string, value: string][]
  headers: [name: string, value: string][]
  body: Buffer | undefined
}

/** Puts a fault into a draft. */
export type DraftFault = (draft: Draft, chance: Chance, known: Known) => void

export function draftOf(known: Known, { path, verb, params = {}, body, credentials }: Template): Draft {
  const isJson = typeof body === 'object'
  const headers: [string, string][] = [['Host', known.host]]
  if (credentials !== undefined) headers.push(['Authorization', authorization(known, credentials)])
  if (body !== undefined) headers.push(['Content-Type', isJson ? 'application/json' : 'image/png'])
  const query = Object.entries(params).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, textOf(one)]),
  )
  const bytes = body === undefined ? undefined : Buffer.from(textOf(body))
  return { verb: verb ?? (body === undefined ? 'GET' : 'POST'), path, query, headers, body: bytes }
}

export function authorization(known: Known, credentials: Credentials): string {
  if (credentials === 'access') return `Bearer ${known.accessJwt}`
  if (credentials === 'refresh') return `Bearer ${known.refreshJwt}`
  return `Basic ${Buffer.from(`admin:${known.adminPassword}`).toString('base64')}`
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** As it goes over the wire; framed by its length, unless a fault has put a framing of its own there. */
export function bytesOf({ verb, path, query, headers, body }: Draft): Buffer {
  const search = query.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&')
  const target = search === '' ? path : `${path}?${search}`
  const isFramed = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name))
  const lines = headers.map(([name, value]) => `${name}: ${value}`)
  if (body !== undefined && !isFramed) lines.push(`Content-Length: ${body.length}`)
  const head = [`${verb} ${target} HTTP/1.1`, ...lines, 'Connection: close', '', ''].join('\r\n')
  return Buffer.concat([Buffer.from(head, 'latin1'), body ?? Buffer.alloc(0)])
}

/** Half of a surrogate pair has no encoding. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
