import type { Key } from '@atproto/oauth-client-node'
import type { HttpsWeb } from './https-web.ts'
import { appOf, type TestApp } from './oauth-client.ts'

interface WebApps {
  readonly web: HttpsWeb
  readonly plcUrl: string
  readonly origin: string
  /** That confidential ones sign with. */
  readonly key: Key
}

let documents = 0
/** An app that says what it is at an address of its own. */
export function webApp(
  { web, key, ...where }: WebApps,
  about: object,
  options: { isConfidential?: boolean; responseMode?: 'query' | 'form_post' } = {},
): TestApp {
  const { isConfidential = false, ...rest } = options
  const path = `/app-${++documents}.json`
  const clientMetadata = {
    client_id: `${web.origin}${path}`,
    client_name: 'An app',
    client_uri: web.origin,
    redirect_uris: [`${web.origin}/callback`],
    scope: 'atproto transition:generic',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    application_type: 'web',
    dpop_bound_access_tokens: true,
    token_endpoint_auth_method: isConfidential ? 'private_key_jwt' : 'none',
    ...(isConfidential && { token_endpoint_auth_signing_alg: 'ES256', jwks: { keys: [key.publicJwk] } }),
    ...about,
  }
  web.documents.set(path, clientMetadata)
  const keyset = isConfidential ? { keyset: [key] } : {}
  return appOf({ ...where, ...rest, ...keyset, clientMetadata: clientMetadata as never })
}
