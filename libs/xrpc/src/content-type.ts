import { InvalidRequestError, ResponseType, XRPCError } from '@atproto/xrpc-server'

export interface ContentType {
  /** `type/subtype`, lower-case (RFC 9110 §8.3.1: not case-sensitive), or what stands in its place. */
  readonly mime: string
  readonly charset: string | undefined
}

/** What has a slash is a type, as in the reference, however odd: the method says whether it fits. Throws 400 where there is none. */
export function contentType(header: string | undefined): ContentType {
  const [text = ''] = (header ?? '').split(';')
  const mime = text.trim().toLowerCase()
  if (header === undefined || !mime.includes('/')) {
    throw new InvalidRequestError('Request encoding (Content-Type) required but not provided')
  }
  const [, charset] = /;\s*charset\s*=\s*"?([\w.:-]*)/i.exec(header) ?? []
  return { mime, charset: charset?.toLowerCase() }
}

/** UTF-8 text of a body, a byte order mark left out. Throws 415 for another charset, 400 for bytes that are no UTF-8. */
export function decodeText(bytes: Uint8Array, charset: string | undefined): string {
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii') {
    throw new XRPCError(ResponseType.UnsupportedMediaType, `unsupported charset "${charset.slice(0, 40)}"`)
  }
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new InvalidRequestError('The request body is not valid UTF-8', undefined, { cause })
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
