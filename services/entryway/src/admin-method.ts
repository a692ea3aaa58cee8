import type { l } from '@atproto/lex'
import type { AdminCredentials, ModeratorCredentials } from '@heronry/auth/authenticator'
import type { Auth } from '@heronry/auth/create-auth'
import type { Clock } from '@heronry/core/clock'
import { isHeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import { plainAddress } from '@heronry/xrpc/client-key'
import { errorAnswer } from '@heronry/xrpc/error-answer'
import {
  type MethodAnswer,
  type MethodCall,
  type MethodEnd,
  method,
  type XrpcMethod,
} from '@heronry/xrpc/method'
import type { FastifyRequest } from 'fastify'
import { AuditTrail } from './audit-trail.ts'

export interface AdminDeps {
  auth: Auth
  db: Database
  clock: Clock
}

/** Whoever administers a community or moderates it. */
type Administering = AdminCredentials | ModeratorCredentials

type AdminCall<M extends l.Query | l.Procedure> = MethodCall<M, Administering>

export interface AdminMethodConfig<M extends l.Query | l.Procedure> {
  /** Also for the community's moderation service. */
  readonly forModerators?: boolean
  /** Says whom it is about by `trail.about(…)`; an act ends its transaction with `trail.done(tx, …)`. */
  readonly handler: (call: AdminCall<M>, trail: AuditTrail) => Promise<MethodAnswer<M>>
}

/**
 * A method for the administrator of the community that is asked, or its moderators, each of whose calls ends in a row of the audit log before it is answered:
 * done, refused or failed. What cannot be written down is not done.
 *
 * No row has who brings no credentials at all, another's token, or was refused for too many wrong passwords: strangers may not write
 * without end.
 */
export function adminMethod<M extends l.Query | l.Procedure>(
  { auth, ...deps }: AdminDeps,
  ns: l.Main<M>,
  { handler, forModerators = false }: AdminMethodConfig<M>,
): XrpcMethod {
  const trails = new WeakMap<FastifyRequest, AuditTrail>()
  const begin = ({ req, community, auth }: Reached): AuditTrail => {
    const asked = {
      community,
      principal: principalOf(auth),
      address: plainAddress(req.ip),
      method: made.schema.nsid,
    }
    const trail = new AuditTrail(deps, asked, { reason: givenReason(req) })
    trails.set(req, trail)
    return trail
  }
  const made = method<M, Administering>(ns, {
    auth: forModerators ? auth.moderator : auth.admin,
    handler: (call) => handler(call, begin(call)),
    ended: async ({ error, ...reached }) => {
      if (error !== undefined && isStranger(reached, error)) return
      const trail = trails.get(reached.req) ?? begin(reached)
      if (error === undefined) return await trail.close()
      const { status, body } = errorAnswer(error)
      await trail.end(status >= 500 ? 'failed' : 'refused', body.error)
    },
  })
  return made
}

type Reached = Pick<MethodEnd<l.Query, Administering>, 'req' | 'community' | 'auth'>

function principalOf(auth: Administering | undefined): string {
  if (auth === undefined) return 'nobody'
  return auth.type === 'admin' ? 'legacy-admin' : auth.did
}

/** Why it is done, for methods whose lexicon has no word for it. */
function givenReason({ headers }: FastifyRequest): string | null {
  const reason = headers['x-heronry-reason']
  return typeof reason === 'string' ? reason : null
}

function isStranger({ req, auth }: Reached, error: unknown): boolean {
  if (auth !== undefined) return false
  const { authorization } = req.headers
  if (authorization === undefined || isHeronryError(error, 'RateLimitExceeded')) return true
  // A password that is wrong has been counted (admin-guesses.ts); a token that counts for nothing has not.
  return !/^basic /i.test(authorization)
}
