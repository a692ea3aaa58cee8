import type { XrpcMethod } from '@heronry/xrpc/method'
import type { FastifyPluginAsync } from 'fastify'
import { adminMethods } from './admin-methods.ts'
import type { EntrywayContext } from './context.ts'
import { healthRoute } from './routes/health.ts'
import { rootRoutes } from './routes/root.ts'
import { tlsCheckRoute } from './routes/tls-check.ts'
import { wellKnownRoutes } from './routes/well-known.ts'
import { requestPlcOperationSignature } from './xrpc/com/atproto/identity/requestPlcOperationSignature.ts'
import { resolveHandle } from './xrpc/com/atproto/identity/resolveHandle.ts'
import { confirmEmail } from './xrpc/com/atproto/server/confirmEmail.ts'
import { createAccount } from './xrpc/com/atproto/server/createAccount.ts'
import { createSession } from './xrpc/com/atproto/server/createSession.ts'
import { deleteSession } from './xrpc/com/atproto/server/deleteSession.ts'
import { describeServer } from './xrpc/com/atproto/server/describeServer.ts'
import { getSession } from './xrpc/com/atproto/server/getSession.ts'
import { refreshSession } from './xrpc/com/atproto/server/refreshSession.ts'
import { requestAccountDelete } from './xrpc/com/atproto/server/requestAccountDelete.ts'
import { requestEmailConfirmation } from './xrpc/com/atproto/server/requestEmailConfirmation.ts'
import { requestEmailUpdate } from './xrpc/com/atproto/server/requestEmailUpdate.ts'
import { requestPasswordReset } from './xrpc/com/atproto/server/requestPasswordReset.ts'
import { resetPassword } from './xrpc/com/atproto/server/resetPassword.ts'
import { updateEmail } from './xrpc/com/atproto/server/updateEmail.ts'

export function entrywayMethods(context: EntrywayContext): XrpcMethod[] {
  const { db, auth, clock, resolver, settings, logger, communities, events } = context
  const { tokens, passwords } = context.sessions
  const didDocOf = settings.didDocWithSession ? resolver : undefined
  return [
    describeServer(settings),
    createAccount({ ...context.signUp, db, tokens, passwords, clock, logger, communities, resolver, events }),
    createSession({ db, tokens, passwords, clock, didDocOf, events }),
    refreshSession({ auth, db, tokens, clock, didDocOf, events }),
    getSession({ auth, db, didDocOf }),
    deleteSession({ auth, db }),
    requestEmailConfirmation({ auth, db, clock }),
    confirmEmail({ auth, db, clock }),
    requestEmailUpdate({ auth, db, clock }),
    updateEmail({ auth, db, clock }),
    requestPasswordReset({ db }),
    resetPassword({ db, clock, passwords }),
    requestAccountDelete({ auth, db, clock }),
    requestPlcOperationSignature({ auth, db, clock }),
    resolveHandle({ db, communities }),
    ...adminMethods(context),
  ]
}

/** What is no XRPC: health, well-known documents, the certificate check, the front door. */
export function entrywayRoutes({ db, communities, logger, settings }: EntrywayContext): FastifyPluginAsync {
  return async (app) => {
    await app.register(rootRoutes({ communities }))
    await app.register(healthRoute({ db, logger, version: settings.version }))
    await app.register(wellKnownRoutes({ db, communities }))
    await app.register(tlsCheckRoute({ db, communities }))
  }
}
