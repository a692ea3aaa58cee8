import type { Identity } from '@heronry/accounts/resolve-identity'

/** com.atproto.identity.defs#identityInfo */
export function identityBody({ did, handle, document }: Identity) {
  return { did, handle, didDoc: document }
}
