import type { Community } from '@heronry/communities/community'
import { HeronryError } from '@heronry/core/error'
import type { Handle } from '@heronry/core/handle'
import { assertEmailSupported } from './email-address.ts'
import { newHandle } from './handle-rules.ts'
import { isInviteCode, notUsable } from './invite-store.ts'
import { passwordLengthMax } from './limits.ts'

/** What somebody sends who wants an account (com.atproto.server.createAccount). */
export interface SignUpRequest {
  community: Community
  handle: string
  email?: string | undefined
  password?: string | undefined
  inviteCode?: string | undefined
  /** did:key */
  recoveryKey?: string | undefined
  did?: string | undefined
  plcOp?: unknown
}

/** The same, checked for everything that can be said without asking anybody. */
export interface SignUp {
  readonly community: Community
  readonly handle: Handle
  /** Lower-case. */
  readonly email: string
  readonly password: string
  /** Null where the community does not ask for one. */
  readonly inviteCode: string | null
  readonly recoveryKey: string | undefined
}

/**
 * Reads a sign-up, refusing in the reference's order (§5.1): plcOp, password, invite code, e-mail, handle. An account without a
 * password, which the reference makes, could never be used: it is refused.
 */
export function readSignUp(request: SignUpRequest, communities: readonly Community[]): SignUp {
  const { community, email, password, inviteCode, recoveryKey } = request
  if (request.plcOp !== undefined) throw new HeronryError('Unsupported', 'Unsupported input: "plcOp"')
  if (request.did !== undefined) {
    throw new HeronryError('Unsupported', 'An account that has a DID cannot be moved here yet')
  }
  if (password !== undefined && password.length > passwordLengthMax) {
    throw invalid(`Password too long. Maximum length is ${passwordLengthMax} characters.`)
  }
  if (community.settings.inviteRequired) {
    if (!inviteCode) throw new HeronryError('InvalidInviteCode', 'No invite code provided')
    if (!isInviteCode(inviteCode)) throw notUsable()
  }
  if (!email) throw invalid('Email is required')
  assertEmailSupported(email)
  const handle = newHandle({ handle: request.handle, community, communities })
  if (!password) throw invalid('Password is required')
  return {
    community,
    handle,
    email: email.toLowerCase(),
    password,
    inviteCode: community.settings.inviteRequired ? (inviteCode ?? null) : null,
    recoveryKey,
  }
}

function invalid(message: string): HeronryError {
  return new HeronryError('InvalidRequest', message)
}
