import type { XrpcMethod } from '@heronry/xrpc/method'
import type { FastifyPluginAsync } from 'fastify'
import type { EntrywayContext } from './context.ts'
import { healthRoute } from './routes/health.ts'
import { rootRoutes } from './routes/root.ts'
import { tlsCheckRoute } from './routes/tls-check.ts'
import { wellKnownRoutes } from './routes/well-known.ts'
import { getAccountInfo } from './xrpc/com/atproto/admin/getAccountInfo.ts'
import { resolveHandle } from './xrpc/com/atproto/identity/resolveHandle.ts'
import { confirmEmail } from './xrpc/com/atproto/server/confirmEmail.ts'
import { createAccount } from './xrpc/com/atproto/server/createAccount.ts'
import { createAppPassword } from './xrpc/com/atproto/server/createAppPassword.ts'
import { createInviteCode } from './xrpc/com/atproto/server/createInviteCode.ts'
import { createInviteCodes } from './xrpc/com/atproto/server/createInviteCodes.ts'
import { createSession } from './xrpc/com/atproto/server/createSession.ts'
import { deleteSession } from './xrpc/com/atproto/server/deleteSession.ts'
import { describeServer } from './xrpc/com/atproto/server/describeServer.ts'
import { getServiceAuth } from './xrpc/com/atproto/server/getServiceAuth.ts'
import { getSession } from './xrpc/com/atproto/server/getSession.ts'
import { listAppPasswords } from './xrpc/com/atproto/server/listAppPasswords.ts'
import { refreshSession } from './xrpc/com/atproto/server/refreshSession.ts'
import { requestEmailConfirmation } from './xrpc/com/atproto/server/requestEmailConfirmation.ts'
import { revokeAppPassword } from './xrpc/com/atproto/server/revokeAppPassword.ts'
import { checkSignupQueue } from './xrpc/com/atproto/temp/checkSignupQueue.ts'
import { createNarrowedAppPassword } from './xrpc/host/heronry/account/createAppPassword.ts'
import { listNarrowedAppPasswords } from './xrpc/host/heronry/account/listAppPasswords.ts'
import { signOutEverywhere } from './xrpc/host/heronry/account/signOutEverywhere.ts'
import { getAccount } from './xrpc/host/heronry/admin/getAccount.ts'
import { getStatus } from './xrpc/host/heronry/admin/getStatus.ts'
import { listAccounts } from './xrpc/host/heronry/admin/listAccounts.ts'

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
    createAppPassword({ auth, db }),
    listAppPasswords({ auth, db }),
    revokeAppPassword({ auth, db }),
    createNarrowedAppPassword({ auth, db }),
    listNarrowedAppPasswords({ auth, db }),
    signOutEverywhere({ auth, db, clock }),
    getServiceAuth({ auth, db, vault: context.signUp.vault, clock }),
    checkSignupQueue({ auth }),
    requestEmailConfirmation({ auth, db, clock }),
    confirmEmail({ auth, db, clock }),
    createInviteCode({ auth, db }),
    createInviteCodes({ auth, db }),
    resolveHandle({ db, communities }),
    getAccountInfo({ auth, db }),
    getStatus({ auth, db, version: settings.version }),
    listAccounts({ auth, db }),
    getAccount({ auth, db }),
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
