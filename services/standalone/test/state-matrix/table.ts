/** Who asks a method about an account. */
export const askers = [
  'anybody',
  /** Its owner, by the access token of a session from before the account's state changed. */
  'session',
  /** By one from after that; whoever is kept out has one to leave with. */
  'laterSession',
  /** An app that it has let in for everything, before its state changed. */
  'app',
  'refreshToken',
  'laterRefreshToken',
  /** Another service, by a token for the method that the account's key has signed. */
  'service',
  'admin',
] as const

export type Asker = (typeof askers)[number]

/** Status and error name; null where there is no such asker. */
export type Outcome = string | null

/** What is answered about an account that is active, deactivated, suspended, taken down, deleted. */
export type Outcomes = readonly [Outcome, Outcome, Outcome, Outcome, Outcome]

export interface Row extends Partial<Record<Asker, Outcomes>> {
  /** A good answer leaves the account other than it was: each is asked about an account of its own. */
  readonly spends?: true
  /** The administrator's, and the moderation service's, which this house has none of. */
  readonly moderated?: true
}

const ok = '200'
const badScope = '400 InvalidToken'
const deactivated = '401 AccountDeactivated'
const takedown = '401 AccountTakedown'
const wrongLogin = '401 AuthenticationRequired'
const noAccount = '403 AccountNotFound'
const invalid = '400 InvalidRequest'
const notFound = '400 NotFound'
const noHandle = '400 HandleNotFound'
const noRepo = '400 RepoNotFound'
const noRecord = '400 RecordNotFound'
const exists = '400 AlreadyExists'

/** The account plays no part in it. */
const always: Outcomes = [ok, ok, ok, ok, ok]
const whileThere: Outcomes = [ok, ok, ok, ok, notFound]
const leaver: Outcomes = [ok, ok, ok, ok, null]
const notForLeavers: Outcomes = [ok, ok, badScope, badScope, null]

const revoked = '401 invalid_token'
const noApps = '403 Forbidden'
/** Apps are out with the account: for good by a takedown, until it is over by a suspension. */
const whileIn = (active: Outcome, away = active): Outcomes => [active, away, takedown, revoked, revoked]

/** Of methods for who may log in. A takedown ends the sessions that were there; a suspension refuses them as long as it lasts. */
const member: Row = {
  app: whileIn(noApps),
  session: [ok, ok, takedown, takedown, noAccount],
  laterSession: notForLeavers,
}
/** Of methods that ask no more of an account than that it is there. */
const owner: Row = {
  app: whileIn(noApps),
  session: [ok, ok, ok, takedown, invalid],
  laterSession: notForLeavers,
}
/** Of methods that whoever is kept out needs in order to leave. */
const leaving: Row = { ...owner, laterSession: leaver }
const write: Row = {
  app: whileIn(ok, deactivated),
  session: [ok, deactivated, takedown, takedown, noAccount],
  laterSession: [ok, deactivated, badScope, badScope, null],
}
/** Of public reads of a repo: what the world may not see its owner and the administrator do. */
const read: Row = {
  app: whileIn(ok),
  anybody: [ok, '400 RepoDeactivated', '400 RepoSuspended', '400 RepoTakendown', noRepo],
  session: [ok, ok, ok, takedown, noRepo],
  laterSession: notForLeavers,
  admin: [ok, ok, ok, ok, noRepo],
}
const forApps = { app: whileIn(ok) }
/** Whoever is gone has nothing that the credentials would have to be looked at for. */
const lateLook = (gone: Outcome): Outcomes => [ok, ok, takedown, revoked, gone]
const readToLeave: Row = { ...read, laterSession: leaver }

/**
 * Every method, and what it answers in every state of the account that it is asked about (reference-behaviour.md §0.3, §1, §4, §7, §8,
 * §11). A row's name is the method's, with a word behind it where one is asked for several things.
 */
export const matrix = {
  'com.atproto.server.describeServer': { anybody: always },
  'com.atproto.server.createAccount its-handle': {
    anybody: [invalid, invalid, invalid, invalid, ok],
    spends: true,
  },
  'com.atproto.server.createAccount its-address': {
    anybody: [invalid, invalid, invalid, invalid, ok],
    spends: true,
  },
  'com.atproto.server.createAccount its-did': { service: [exists, exists, exists, exists, null] },
  'com.atproto.server.reserveSigningKey': { anybody: always },
  'com.atproto.server.createSession': { anybody: [ok, ok, takedown, takedown, wrongLogin] },
  'com.atproto.server.createSession to-leave': { anybody: [ok, ok, ok, ok, wrongLogin] },
  'com.atproto.server.refreshSession': {
    app: [badScope, badScope, badScope, badScope, badScope],
    refreshToken: [ok, ok, takedown, takedown, invalid],
    laterRefreshToken: [ok, ok, takedown, takedown, null],
  },
  'com.atproto.server.deleteSession': {
    app: [badScope, badScope, badScope, badScope, badScope],
    refreshToken: always,
    laterRefreshToken: leaver,
    spends: true,
  },
  'com.atproto.server.getSession': { ...leaving, ...forApps },
  'com.atproto.server.createAppPassword': member,
  'com.atproto.server.listAppPasswords': owner,
  'com.atproto.server.revokeAppPassword': owner,
  'com.atproto.server.getServiceAuth': {
    ...owner,
    ...forApps,
    session: [ok, ok, badScope, takedown, invalid],
  },
  'com.atproto.server.getServiceAuth to-leave': { ...leaving, ...forApps },
  'com.atproto.temp.checkSignupQueue': owner,
  'host.heronry.account.createAppPassword': member,
  'host.heronry.account.listAppPasswords': owner,
  'host.heronry.account.getSecondFactors': member,
  'host.heronry.account.setEmailFactor': member,
  'host.heronry.account.beginTotp': member,
  'host.heronry.account.confirmTotp': { ...member, spends: true },
  'host.heronry.account.disableTotp': member,
  // It has no second factor.
  'host.heronry.account.newRecoveryCodes': {
    app: whileIn(noApps),
    session: [invalid, invalid, takedown, takedown, noAccount],
    laterSession: [invalid, invalid, badScope, badScope, null],
  },
  'host.heronry.account.signOutEverywhere': { ...owner, spends: true },
  'host.heronry.account.getMailState': leaving,
  'com.atproto.server.requestEmailConfirmation': { ...member, ...forApps },
  'com.atproto.server.confirmEmail': { ...member, ...forApps, spends: true },
  'com.atproto.server.requestEmailUpdate': member,
  'com.atproto.server.updateEmail': { ...member, spends: true },
  'com.atproto.server.requestPasswordReset': { anybody: always },
  'com.atproto.server.resetPassword': { anybody: [ok, ok, ok, ok, badScope], spends: true },
  'com.atproto.server.requestAccountDelete': member,
  'com.atproto.server.deleteAccount': { anybody: [ok, ok, ok, ok, invalid], spends: true },
  'com.atproto.server.activateAccount': {
    app: whileIn(noApps),
    session: [ok, ok, '400 AccountNotFound', takedown, '400 AccountNotFound'],
    laterSession: notForLeavers,
    spends: true,
  },
  'com.atproto.server.deactivateAccount': { ...leaving, spends: true },
  'com.atproto.server.checkAccountStatus': { ...owner, ...forApps },
  'com.atproto.server.getAccountInviteCodes': member,
  'com.atproto.server.createInviteCode': { admin: always },
  'com.atproto.server.createInviteCodes': { admin: always },

  'com.atproto.identity.resolveHandle': { anybody: [ok, noHandle, noHandle, noHandle, noHandle] },
  'com.atproto.identity.resolveDid': { anybody: always },
  'com.atproto.identity.resolveIdentity': { anybody: always },
  'com.atproto.identity.refreshIdentity': { anybody: always },
  'com.atproto.identity.updateHandle': { ...member, ...forApps },
  'com.atproto.identity.getRecommendedDidCredentials': { ...owner, ...forApps },
  'com.atproto.identity.requestPlcOperationSignature': { ...leaving, ...forApps },
  'com.atproto.identity.signPlcOperation': { ...leaving, ...forApps },
  'com.atproto.identity.submitPlcOperation': { ...owner, ...forApps },

  'com.atproto.admin.getAccountInfo': { moderated: true, admin: whileThere },
  'com.atproto.admin.getAccountInfos': { moderated: true, admin: always },
  'com.atproto.admin.searchAccounts': { admin: always },
  'com.atproto.admin.getSubjectStatus': { moderated: true, admin: whileThere },
  'com.atproto.admin.updateSubjectStatus': { moderated: true, admin: whileThere, spends: true },
  'com.atproto.admin.updateAccountEmail': { admin: whileThere, spends: true },
  'com.atproto.admin.updateAccountHandle': { admin: [ok, ok, ok, invalid, notFound] },
  'com.atproto.admin.updateAccountPassword': { admin: whileThere, spends: true },
  'com.atproto.admin.deleteAccount': { admin: whileThere, spends: true },
  'com.atproto.admin.getInviteCodes': { moderated: true, admin: always },
  'com.atproto.admin.disableInviteCodes': { moderated: true, admin: always },
  'com.atproto.admin.disableAccountInvites': { moderated: true, admin: whileThere },
  'com.atproto.admin.enableAccountInvites': { moderated: true, admin: whileThere },
  'com.atproto.admin.sendEmail': { moderated: true, admin: [ok, ok, ok, ok, invalid] },
  'host.heronry.admin.getStatus': { admin: always },
  'host.heronry.admin.listAccounts': { admin: always },
  'host.heronry.admin.getAccount': { admin: whileThere },
  'host.heronry.admin.suspendAccount': { admin: whileThere, spends: true },
  'host.heronry.admin.liftSuspension': { admin: [invalid, invalid, ok, invalid, notFound], spends: true },
  'host.heronry.admin.resetSecondFactors': { admin: whileThere },
  'host.heronry.admin.listHandleRules': { admin: always },
  'host.heronry.admin.editHandleRules': { admin: always },
  'host.heronry.admin.listMail': { admin: whileThere },
  'host.heronry.admin.retryMail': { admin: always },
  'host.heronry.admin.sendTestMail': { admin: always },
  'host.heronry.admin.unsuppressMail': { admin: always },
  'host.heronry.admin.sendInvite': { admin: always },
  'host.heronry.admin.getBlobUsage': { admin: always },
  'host.heronry.admin.placeBlobHold': { admin: whileThere },
  'host.heronry.admin.liftBlobHold': { admin: [notFound, notFound, notFound, notFound, notFound] },
  'host.heronry.admin.listBlobHolds': { admin: always },
  'host.heronry.admin.editBlobBlocks': { admin: always },
  'host.heronry.admin.listBlobBlocks': { admin: always },
  'host.heronry.admin.listAudit': { admin: always },
  'host.heronry.admin.verifyAudit': { admin: always },

  'com.atproto.repo.createRecord': write,
  'com.atproto.repo.putRecord': write,
  'com.atproto.repo.deleteRecord': { ...write, spends: true },
  'com.atproto.repo.applyWrites': write,
  'com.atproto.repo.importRepo': { ...member, ...forApps, spends: true },
  'com.atproto.repo.listMissingBlobs': { ...owner, ...forApps },
  'com.atproto.repo.uploadBlob': { ...member, ...forApps, service: [ok, ok, takedown, takedown, null] },
  'com.atproto.repo.describeRepo': { ...readToLeave, app: lateLook(noRepo) },
  'com.atproto.repo.getRecord': {
    app: lateLook(noRecord),
    anybody: [ok, noRecord, noRecord, noRecord, noRecord],
    session: [ok, ok, ok, takedown, noRecord],
    laterSession: leaver,
    admin: [ok, ok, ok, ok, noRecord],
  },
  'com.atproto.repo.listRecords': {
    app: lateLook(invalid),
    anybody: [ok, invalid, invalid, invalid, invalid],
    session: [ok, ok, ok, takedown, invalid],
    laterSession: leaver,
    admin: [ok, ok, ok, ok, invalid],
  },

  'com.atproto.moderation.createReport': { ...leaving, ...forApps },
  'app.bsky.actor.getPreferences': { ...leaving, ...forApps },
  'app.bsky.actor.putPreferences': { ...member, ...forApps },
  'app.bsky.notification.registerPush': write,
  'app.bsky.notification.unregisterPush': write,

  'com.atproto.sync.getBlob': readToLeave,
  'com.atproto.sync.getRepo': readToLeave,
  'com.atproto.sync.listBlobs': readToLeave,
  'com.atproto.sync.getBlocks': read,
  'com.atproto.sync.getLatestCommit': read,
  'com.atproto.sync.getRecord': read,
  'com.atproto.sync.getHead': read,
  'com.atproto.sync.getCheckout': read,
  'com.atproto.sync.getRepoStatus': { anybody: [ok, ok, ok, ok, noRepo] },
  'com.atproto.sync.listRepos': { anybody: always },
} satisfies Record<string, Row>
