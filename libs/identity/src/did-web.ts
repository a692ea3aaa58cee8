import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import { type DidDocument, parseDidDocument } from './did-document.ts'
import type { HttpFetch } from './http-fetch.ts'

/**
 * Fetches the document of a did:web; null where its server says there is none (404, 410). Throws `Unsupported` for a DID with a
 * path, which atproto does not have (https://atproto.com/specs/did), and `Upstream…` where the server does not answer, or with something
 * else than JSON.
 */
export async function fetchDidWeb(fetch: HttpFetch, did: Did): Promise<DidDocument | null> {
  const url = didWebUrl(did)
  const { host } = new URL(url)
  const { status, contentType, body } = await fetch({ url })
  if (status === 404 || status === 410) return null
  if (status !== 200) throw new HeronryError('UpstreamFailure', `${host} answered ${status}`)
  if (!jsonTypes.test(contentType)) {
    const found = contentType === '' ? 'without a content type' : `as ${contentType.slice(0, 60)}`
    throw new HeronryError(
      'UpstreamFailure',
      `The did.json of ${host} is served ${found}: application/json is expected`,
    )
  }
  return parseDidDocument(did, body)
}

/** As the specification of did:web and that of DID documents name them. */
const jsonTypes = /^application\/(did\+(ld\+)?)?json\s*(;|$)/i

/** A port is written `%3A` in the DID; only localhost, in development, is asked without TLS. */
export function didWebUrl(did: Did): string {
  const name = did.slice('did:web:'.length)
  const [, hostname, port = ''] = /^([a-z0-9.-]+?)(?:%3A(\d{1,5}))?$/i.exec(name) ?? []
  if (hostname === undefined) throw unsupported(did)
  const scheme = hostname === 'localhost' ? 'http' : 'https'
  const url = `${scheme}://${hostname}${port && `:${port}`}/.well-known/did.json`
  if (!URL.canParse(url)) throw unsupported(did)
  return url
}

function unsupported(did: Did): HeronryError {
  return new HeronryError('Unsupported', `${did.slice(0, 100)} is not a did:web of a host`)
}
