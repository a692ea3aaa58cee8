import type { XrpcMethod } from '@heronry/xrpc/method'
import type { FastifyPluginAsync } from 'fastify'
import { adminMethods } from './admin-methods.ts'
import type { EntrywayContext } from './context.ts'
import { gateRoutes } from './routes/gate.ts'
import { healthRoute } from './routes/health.ts'
import { rootRoutes } from './routes/root.ts'
import { tlsCheckRoute } from './routes/tls-check.ts'
import { wellKnownRoutes } from './routes/well-known.ts'
import { getRecommendedDidCredentials } from './xrpc/com/atproto/identity/getRecommendedDidCredentials.ts'
import { refreshIdentity } from './xrpc/com/atproto/identity/refreshIdentity.ts'
import { requestPlcOperationSignature } from './xrpc/com/atproto/identity/requestPlcOperationSignature.ts'
import { resolveDid } from './xrpc/com/atproto/identity/resolveDid.ts'
import { resolveHandle } from './xrpc/com/atproto/identity/resolveHandle.ts'
import { resolveIdentity } from './xrpc/com/atproto/identity/resolveIdentity.ts'
import { signPlcOperation } from './xrpc/com/atproto/identity/signPlcOperation.ts'
import { submitPlcOperation } from './xrpc/com/atproto/identity/submitPlcOperation.ts'
import { updateHandle } from './xrpc/com/atproto/identity/updateHandle.ts'
import { activateAccount } from './xrpc/com/atproto/server/activateAccount.ts'
import { checkAccountStatus } from './xrpc/com/atproto/server/checkAccountStatus.ts'
import { confirmEmail } from './xrpc/com/atproto/server/confirmEmail.ts'
import { createAccount } from './xrpc/com/atproto/server/createAccount.ts'
import { createAppPassword } from './xrpc/com/atproto/server/createAppPassword.ts'
import { createSession } from './xrpc/com/atproto/server/createSession.ts'
import { deactivateAccount } from './xrpc/com/atproto/server/deactivateAccount.ts'
import { deleteAccount } from './xrpc/com/atproto/server/deleteAccount.ts'
import { deleteSession } from './xrpc/com/atproto/server/deleteSession.ts'
import { describeServer } from './xrpc/com/atproto/server/describeServer.ts'
import { getAccountInviteCodes } from './xrpc/com/atproto/server/getAccountInviteCodes.ts'
import { getServiceAuth } from './xrpc/com/atproto/server/getServiceAuth.ts'
import { getSession } from './xrpc/com/atproto/server/getSession.ts'
import { listAppPasswords } from './xrpc/com/atproto/server/listAppPasswords.ts'
import { refreshSession } from './xrpc/com/atproto/server/refreshSession.ts'
import { requestAccountDelete } from './xrpc/com/atproto/server/requestAccountDelete.ts'
import { requestEmailConfirmation } from './xrpc/com/atproto/server/requestEmailConfirmation.ts'
import { requestEmailUpdate } from './xrpc/com/atproto/server/requestEmailUpdate.ts'
import { requestPasswordReset } from './xrpc/com/atproto/server/requestPasswordReset.ts'
import { reserveSigningKey } from './xrpc/com/atproto/server/reserveSigningKey.ts'
import { resetPassword } from './xrpc/com/atproto/server/resetPassword.ts'
import { revokeAppPassword } from './xrpc/com/atproto/server/revokeAppPassword.ts'
import { updateEmail } from './xrpc/com/atproto/server/updateEmail.ts'
import { checkSignupQueue } from './xrpc/com/atproto/temp/checkSignupQueue.ts'
import { beginTotp } from './xrpc/host/heronry/account/beginTotp.ts'
import { confirmTotp } from './xrpc/host/heronry/account/confirmTotp.ts'
import { createNarrowedAppPassword } from './xrpc/host/heronry/account/createAppPassword.ts'
import { disableTotp } from './xrpc/host/heronry/account/disableTotp.ts'
import { getMailState } from './xrpc/host/heronry/account/getMailState.ts'
import { getSecondFactors } from './xrpc/host/heronry/account/getSecondFactors.ts'
import { listNarrowedAppPasswords } from './xrpc/host/heronry/account/listAppPasswords.ts'
import { newRecoveryCodes } from './xrpc/host/heronry/account/newRecoveryCodes.ts'
import { setEmailFactor } from './xrpc/host/heronry/account/setEmailFactor.ts'
import { signOutEverywhere } from './xrpc/host/heronry/account/signOutEverywhere.ts'

export function entrywayMethods(context: EntrywayContext): XrpcMethod[] {
  const { db, auth, clock, resolver, settings, logger, communities, events } = context
  const { signUp } = context
  const { vault } = signUp
  const hasGate = signUp.captcha !== undefined
  const { tokens, passwords } = context.sessions
  const did = { plc: signUp.plc, rotation: signUp.rotation, vault, resolver }
  const didDocOf = settings.didDocWithSession ? resolver : undefined
  return [
    describeServer({ ...settings, hasGate }),
    createAccount({
      ...signUp,
      ...context.sessions,
      ...{ auth, db, clock, logger, communities, resolver, events, hasGate },
    }),
    reserveSigningKey({ db, vault, clock }),
    activateAccount({ ...did, auth, db, clock }),
    deactivateAccount({ auth, db, clock }),
    checkAccountStatus({ ...did, auth, db }),
    deleteAccount({ db, vault, clock, passwords }),
    createSession({ db, tokens, passwords, clock, vault, didDocOf, events }),
    refreshSession({ auth, db, tokens, clock, didDocOf, events }),
    getSession({ auth, db, didDocOf }),
    deleteSession({ auth, db }),
    createAppPassword({ auth, db }),
    listAppPasswords({ auth, db }),
    revokeAppPassword({ auth, db }),
    createNarrowedAppPassword({ auth, db }),
    listNarrowedAppPasswords({ auth, db }),
    getMailState({ auth, db }),
    signOutEverywhere({ auth, db, clock }),
    ...secondFactorMethods(context),
    getServiceAuth({ auth, db, vault: context.signUp.vault, clock }),
    checkSignupQueue({ auth }),
    requestEmailConfirmation({ auth, db, clock }),
    confirmEmail({ auth, db, clock }),
    requestEmailUpdate({ auth, db, clock }),
    updateEmail({ auth, db, clock }),
    requestPasswordReset({ db }),
    resetPassword({ db, clock, passwords }),
    requestAccountDelete({ auth, db, clock }),
    requestPlcOperationSignature({ auth, db, clock }),
    getAccountInviteCodes({ auth, db, clock }),
    ...identityMethods(context),
    ...adminMethods(context),
  ]
}

function secondFactorMethods({ db, auth, clock, signUp, sessions }: EntrywayContext) {
  const { vault } = signUp
  const change = { auth, db, clock, passwords: sessions.passwords }
  return [
    getSecondFactors({ auth, db }),
    setEmailFactor(change),
    beginTotp({ ...change, vault }),
    confirmTotp({ auth, db, clock, vault }),
    disableTotp(change),
    newRecoveryCodes(change),
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
export function entrywayRoutes(context: EntrywayContext): FastifyPluginAsync {
  const { db, communities, logger, settings, clock } = context
  const { captcha } = context.signUp
  return async (app) => {
    await app.register(rootRoutes({ communities }))
    await app.register(healthRoute({ db, logger, version: settings.version }))
    await app.register(wellKnownRoutes({ db, communities }))
    await app.register(tlsCheckRoute({ db, communities }))
    if (captcha) await app.register(gateRoutes({ captcha, communities, db, clock, logger }))
  }
}
