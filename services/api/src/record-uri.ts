import type { AtUriString } from '@atproto/syntax'
import type { Did } from '@heronry/core/did'

/** at://<did>/<collection>/<rkey> */
export function recordUri(did: Did, path: string): AtUriString {
  return `at://${did}/${path}` as AtUriString
}
