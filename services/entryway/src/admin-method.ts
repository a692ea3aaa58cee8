import type { l } from '@atproto/lex'
import type { AdminCredentials } from '@heronry/auth/authenticator'
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

type AdminCall<M extends l.Query | l.Procedure> = MethodCall<M, AdminCredentials>

export interface AdminMethodConfig<M extends l.Query | l.Procedure> {
  /** Says whom it is about by `trail.about(…)`; an act ends its transaction with `trail.done(tx, …)`. */
  readonly handler: (call: AdminCall<M>, trail: AuditTrail) => Promise<MethodAnswer<M>>
}

/**
 * A method for the administrator of the community that is asked, each of whose calls ends in a row of the audit log before it is answered:
 * done, refused or failed. What cannot be written down is not done.
 *
 * No row has who brings no credentials at all, or was refused for too many wrong ones: strangers may not write without end.
 */
export function adminMethod<M extends l.Query | l.Procedure>(
  { auth, ...deps }: AdminDeps,
  ns: l.Main<M>,
  { handler }: AdminMethodConfig<M>,
): XrpcMethod {
  const trails = new WeakMap<FastifyRequest, AuditTrail>()
  const begin = ({ req, community, auth }: Reached): AuditTrail => {
    const principal = auth === undefined ? 'nobody' : 'legacy-admin'
    const asked = { community, principal, address: plainAddress(req.ip), method: made.schema.nsid }
    const trail = new AuditTrail(deps, asked, { reason: givenReason(req) })
    trails.set(req, trail)
    return trail
  }
  const made = method<M, AdminCredentials>(ns, {
    auth: auth.admin,
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

type Reached = Pick<MethodEnd<l.Query, AdminCredentials>, 'req' | 'community' | 'auth'>

/** Why it is done, for methods whose lexicon has no word for it. */
function givenReason({ headers }: FastifyRequest): string | null {
  const reason = headers['x-heronry-reason']
  return typeof reason === 'string' ? reason : null
}

function isStranger({ req, auth }: Reached, error: unknown): boolean {
  if (auth !== undefined) return false
  return req.headers.authorization === undefined || isHeronryError(error, 'RateLimitExceeded')
}
