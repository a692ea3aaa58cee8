import { isBarred } from '@heronry/accounts/barred'
import type { Clock } from '@heronry/core/clock'
import { type Did, isDid } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import { findSigner, type SignerDeps } from '@heronry/repo/find-signer'
import type { MemberCredentials } from './authenticator.ts'
import { serviceTokenTtlDefaultMs, serviceTokenTtlMaxMs, unboundServiceTokenTtlMaxMs } from './limits.ts'
import { createAccountMethod, isPrivilegedMethod, isProtectedMethod } from './method-classes.ts'
import { assertPermitted } from './permissions.ts'
import { signServiceToken } from './sign-service-token.ts'

export interface ServiceAuthDeps extends SignerDeps {
  readonly clock: Clock
}

export interface ServiceAuthRequest {
  readonly session: MemberCredentials
  /** A DID, or one of its services: `did#service`. */
  readonly audience: string
  /** The one method that the token is for; undefined: any. */
  readonly lxm: string | undefined
  /** Seconds since the epoch; undefined: in a minute. */
  readonly exp: number | undefined
}

/**
 * A token by which an account asks another service for something in its own name, signed with its repo's key.
 *
 * Throws `BadExpiration`; `InvalidRequest` for an audience that is none, or a method that the session may not ask for; `InvalidToken`
 * where a taken-down account asks for more than to leave; `ScopeMissingError` where the session is narrowed from it.
 */
export async function serviceAuth(
  deps: ServiceAuthDeps,
  { session, audience, lxm, exp }: ServiceAuthRequest,
): Promise<string> {
  const now = deps.clock.now()
  if (!isAudience(audience)) throw new HeronryError('InvalidRequest', 'aud must be a DID, or did#service')
  const expiresAt = expiry({ exp, isBound: lxm !== undefined, now })
  assertMethod(session, lxm)
  assertPermitted(session, { rpc: { aud: audience, lxm: lxm ?? '*' } })
  const { did, id } = session.actor
  const signer = await findSigner(deps, id)
  if (signer === undefined) throw new HeronryError('AccountNotFound', 'Account not found')
  return signServiceToken(signer, { issuer: did, audience, lxm, issuedAt: Math.floor(now / 1000), expiresAt })
}

function isAudience(audience: string): audience is Did | `${Did}#${string}` {
  const [did = '', fragment = 'none', ...rest] = audience.split('#')
  const isAtprotoDid = isDid(did) && /^did:(plc|web):/.test(did)
  return isAtprotoDid && rest.length === 0 && /^[A-Za-z0-9._~-]+$/.test(fragment)
}

/** Seconds since the epoch. */
function expiry({ exp, isBound, now }: { exp: number | undefined; isBound: boolean; now: number }): number {
  if (exp === undefined) return Math.floor((now + serviceTokenTtlDefaultMs) / 1000)
  const ttlMs = exp * 1000 - now
  if (ttlMs < 0) throw new HeronryError('BadExpiration', 'expiration is in past')
  if (ttlMs > serviceTokenTtlMaxMs) {
    throw new HeronryError(
      'BadExpiration',
      'cannot request a token with an expiration more than an hour in the future',
    )
  }
  if (!isBound && ttlMs > unboundServiceTokenTtlMaxMs) {
    throw new HeronryError(
      'BadExpiration',
      'cannot request a method-less token with an expiration more than a minute in the future',
    )
  }
  return exp
}

function assertMethod(session: MemberCredentials, lxm: string | undefined): void {
  const scope = session.type === 'session' ? session.scope : undefined
  const { actor } = session
  const isLeaving = scope === 'com.atproto.takendown' || isBarred(actor.status)
  if (isLeaving && lxm !== createAccountMethod) throw new HeronryError('InvalidToken', 'Bad token scope')
  if (lxm === undefined) return
  if (isProtectedMethod(lxm)) {
    throw new HeronryError(
      'InvalidRequest',
      `cannot request a service auth token for the protected method ${lxm}`,
    )
  }
  if (scope === 'com.atproto.appPass' && isPrivilegedMethod(lxm)) {
    throw new HeronryError(
      'InvalidRequest',
      `insufficient access to request a service auth token for the method ${lxm}: it takes a privileged app password`,
    )
  }
}
