import type { XrpcMethod } from '@heronry/xrpc/method'
import type { FastifyPluginAsync } from 'fastify'
import type { EntrywayContext } from './context.ts'
import { healthRoute } from './routes/health.ts'
import { rootRoutes } from './routes/root.ts'
import { tlsCheckRoute } from './routes/tls-check.ts'
import { wellKnownRoutes } from './routes/well-known.ts'
import { getAccountInfo } from './xrpc/com/atproto/admin/getAccountInfo.ts'
import { getRecommendedDidCredentials } from './xrpc/com/atproto/identity/getRecommendedDidCredentials.ts'
import { refreshIdentity } from './xrpc/com/atproto/identity/refreshIdentity.ts'
import { resolveDid } from './xrpc/com/atproto/identity/resolveDid.ts'
import { resolveHandle } from './xrpc/com/atproto/identity/resolveHandle.ts'
import { resolveIdentity } from './xrpc/com/atproto/identity/resolveIdentity.ts'
import { signPlcOperation } from './xrpc/com/atproto/identity/signPlcOperation.ts'
import { submitPlcOperation } from './xrpc/com/atproto/identity/submitPlcOperation.ts'
import { updateHandle } from './xrpc/com/atproto/identity/updateHandle.ts'
import { confirmEmail } from './xrpc/com/atproto/server/confirmEmail.ts'
import { createAccount } from './xrpc/com/atproto/server/createAccount.ts'
import { createInviteCode } from './xrpc/com/atproto/server/createInviteCode.ts'
import { createInviteCodes } from './xrpc/com/atproto/server/createInviteCodes.ts'
import { createSession } from './xrpc/com/atproto/server/createSession.ts'
import { deleteSession } from './xrpc/com/atproto/server/deleteSession.ts'
import { describeServer } from './xrpc/com/atproto/server/describeServer.ts'
import { getSession } from './xrpc/com/atproto/server/getSession.ts'
import { refreshSession } from './xrpc/com/atproto/server/refreshSession.ts'
import { requestEmailConfirmation } from './xrpc/com/atproto/server/requestEmailConfirmation.ts'
import { editHandleRules } from './xrpc/host/heronry/admin/editHandleRules.ts'
import { getAccount } from './xrpc/host/heronry/admin/getAccount.ts'
import { getStatus } from './xrpc/host/heronry/admin/getStatus.ts'
import { listAccounts } from './xrpc/host/heronry/admin/listAccounts.ts'
import { listHandleRules } from './xrpc/host/heronry/admin/listHandleRules.ts'

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
    createInviteCode({ auth, db }),
    createInviteCodes({ auth, db }),
    ...identityMethods(context),
    getAccountInfo({ auth, db }),
    getStatus({ auth, db, version: settings.version }),
    listAccounts({ auth, db }),
    getAccount({ auth, db }),
    listHandleRules({ auth, db }),
    editHandleRules({ auth, db }),
  ]
}

function identityMethods({ db, auth, clock, logger, communities, resolver, signUp }: EntrywayContext) {
  const { plc, rotation, vault, recoveryDidKey, handles } = signUp
  const resolution = { db, communities, handles, resolver, plc }
  const change = { db, clock, plc, resolver, logger }
  const credentials = { vault, rotation, recoveryDidKey }
  return [
    resolveHandle(resolution),
    resolveDid(resolution),
    resolveIdentity(resolution),
    refreshIdentity(resolution),
    updateHandle({ ...change, auth, communities, handles, rotation }),
    getRecommendedDidCredentials({ auth, ...credentials }),
    signPlcOperation({ auth, db, clock, plc, rotation }),
    submitPlcOperation({ ...change, ...credentials, auth }),
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
