import type { Community } from '@heronry/communities/community'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { Handle } from '@heronry/core/handle'
import { assertEmailSupported } from './email-address.ts'
import { isInviteCode, notUsable } from './invite-store.ts'
import type { Device } from './known-device.ts'
import { passwordLengthMax } from './limits.ts'

/** What somebody sends who wants an account (com.atproto.server.createAccount), and who that is. */
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
  verificationCode?: string | undefined
  /** The DID whose key signed the request's service token. */
  provenDid?: Did | undefined
  /** Where its owner signs up: a sign-in from there is not new to him. */
  device?: Device | undefined
  /** The community's administrator asks: no gate for them. */
  isAdmin?: boolean | undefined
}

/** The same, checked for everything that can be said without asking anybody, but for its handle. */
export interface SignUpBody {
  readonly community: Community
  /** Lower-case. */
  readonly email: string
  readonly password: string
  /** Null where the community does not ask for one. */
  readonly inviteCode: string | null
  readonly recoveryKey: string | undefined
  /** Null: one is to be made. */
  readonly did: Did | null
  /** Undefined where it is not its owner's. */
  readonly device: Device | undefined
  /** Of the sign-up gate; null where nobody has to pass one. */
  readonly gateCode: string | null
}

export interface SignUp extends SignUpBody {
  readonly handle: Handle
}

/**
 * Reads a sign-up, refusing in the reference's order (§5.1): plcOp, password, invite code, e-mail; what follows them there is the handle.
 * Then the DID, which must be the one that the request is authorized for, and the code of the gate, where the community has one. An account
 * without a password, which the reference makes, could never be used: it is refused.
 */
export function readSignUp(request: SignUpRequest, { hasGate }: { hasGate: boolean }): SignUpBody {
  const { community, email, password, inviteCode, recoveryKey, verificationCode } = request
  if (request.plcOp !== undefined) throw new HeronryError('Unsupported', 'Unsupported input: "plcOp"')
  if (password !== undefined && password.length > passwordLengthMax) {
    throw invalid(`Password too long. Maximum length is ${passwordLengthMax} characters.`)
  }
  if (community.settings.inviteRequired) {
    if (!inviteCode) throw new HeronryError('InvalidInviteCode', 'No invite code provided')
    if (!isInviteCode(inviteCode)) throw notUsable()
  }
  if (!email) throw invalid('Email is required')
  assertEmailSupported(email)
  if (!password) throw invalid('Password is required')
  const isGated = hasGate && request.isAdmin !== true
  if (isGated && !verificationCode) {
    throw new HeronryError('InvalidVerificationCode', 'A verification code is required: see /gate/signup')
  }
  return {
    community,
    email: email.toLowerCase(),
    password,
    inviteCode: community.settings.inviteRequired ? (inviteCode ?? null) : null,
    recoveryKey,
    did: readDid(request),
    device: request.isAdmin === true ? undefined : request.device,
    gateCode: isGated ? (verificationCode ?? null) : null,
  }
}

function readDid({ did, provenDid }: SignUpRequest): Did | null {
  if (did === undefined) return null
  if (did !== provenDid) {
    throw new HeronryError('AuthenticationRequired', `Missing auth to create account with did: ${did}`)
  }
  return provenDid
}

function invalid(message: string): HeronryError {
  return new HeronryError('InvalidRequest', message)
}
