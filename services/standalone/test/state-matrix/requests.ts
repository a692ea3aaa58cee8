import { randomUUID } from 'node:crypto'
import { emailPurposes, issueEmailToken } from '@heronry/accounts/email-token'
import { newTotpSecret, totpCode, totpStep } from '@heronry/accounts/totp'
import { insertTotp } from '@heronry/accounts/totp-store'
import { inTransaction } from '@heronry/db/in-transaction'
import { expectOk, type Question } from './ask.ts'
import { type MatrixHouse, upstreamDid } from './matrix-house.ts'
import type { Member } from './member.ts'
import type { matrix } from './table.ts'

/** How each row's method is asked about a member: well, so that only the member's state can be in its way. */
export const requests: Record<
  keyof typeof matrix,
  (member: Member, house: MatrixHouse) => Question | Promise<Question>
> = {
  'com.atproto.server.describeServer': () => ({}),
  'com.atproto.server.createAccount its-handle': ({ handle, did }) => ({
    body: { handle, email: `other-${did.slice(-24)}@example.com`, password: 'secret' },
  }),
  'com.atproto.server.createAccount its-address': ({ email, did }) => ({
    body: { handle: `o${did.slice(-12)}.test`, email, password: 'secret' },
  }),
  'com.atproto.server.createAccount its-did': ({ did }) => ({
    body: { did, handle: `d${did.slice(-12)}.test`, email: 'moved@example.com', password: 'secret' },
  }),
  'com.atproto.server.reserveSigningKey': ({ did }) => ({ body: { did } }),
  'com.atproto.server.createSession': ({ email, password }) => ({ body: { identifier: email, password } }),
  'com.atproto.server.createSession to-leave': ({ email, password }) => ({
    body: { identifier: email, password, allowTakendown: true },
  }),
  'com.atproto.server.refreshSession': () => ({ isPost: true }),
  'com.atproto.server.deleteSession': () => ({ isPost: true }),
  'com.atproto.server.getSession': () => ({}),
  'com.atproto.server.createAppPassword': () => ({ body: { name: randomUUID() } }),
  'com.atproto.server.listAppPasswords': () => ({}),
  'com.atproto.server.revokeAppPassword': () => ({ body: { name: 'none' } }),
  'com.atproto.server.getServiceAuth': () => ({ params: { aud, lxm: 'app.bsky.feed.getTimeline' } }),
  'com.atproto.server.getServiceAuth to-leave': () => ({
    params: { aud, lxm: 'com.atproto.server.createAccount' },
  }),
  'com.atproto.temp.checkSignupQueue': () => ({}),
  'host.heronry.account.createAppPassword': () => ({ body: { name: randomUUID() } }),
  'host.heronry.account.listAppPasswords': () => ({}),
  'host.heronry.account.getSecondFactors': () => ({}),
  'host.heronry.account.setEmailFactor': ({ password }) => ({ body: { enabled: false, password } }),
  'host.heronry.account.beginTotp': ({ password }) => ({ body: { password } }),
  'host.heronry.account.confirmTotp': async (member, house) => ({
    body: { code: await shownCode(house, member) },
  }),
  'host.heronry.account.disableTotp': ({ password }) => ({ body: { password } }),
  'host.heronry.account.newRecoveryCodes': ({ password }) => ({ body: { password } }),
  'host.heronry.account.signOutEverywhere': () => ({ isPost: true }),
  'host.heronry.account.getMailState': () => ({}),
  'com.atproto.server.requestEmailConfirmation': () => ({ isPost: true }),
  'com.atproto.server.confirmEmail': async (member, house) => ({
    body: { email: member.email, token: await mailedToken(house, member, 'confirmEmail') },
  }),
  'com.atproto.server.requestEmailUpdate': () => ({ isPost: true }),
  'com.atproto.server.updateEmail': ({ handle }) => ({ body: { email: `new-${handle}@example.com` } }),
  'com.atproto.server.requestPasswordReset': ({ email }) => ({ body: { email } }),
  'com.atproto.server.resetPassword': async (member, house) => ({
    body: { password: 'another secret', token: await mailedToken(house, member, 'resetPassword') },
  }),
  'com.atproto.server.requestAccountDelete': () => ({ isPost: true }),
  'com.atproto.server.deleteAccount': async (member, house) => ({
    body: {
      did: member.did,
      password: member.password,
      token: await mailedToken(house, member, 'deleteAccount'),
    },
  }),
  'com.atproto.server.activateAccount': () => ({ isPost: true }),
  'com.atproto.server.deactivateAccount': () => ({ body: {} }),
  'com.atproto.server.checkAccountStatus': () => ({}),
  'com.atproto.server.getAccountInviteCodes': () => ({}),
  'com.atproto.server.createInviteCode': ({ did }) => ({ body: { useCount: 1, forAccount: did } }),
  'com.atproto.server.createInviteCodes': ({ did }) => ({
    body: { codeCount: 1, useCount: 1, forAccounts: [did] },
  }),

  'com.atproto.identity.resolveHandle': ({ handle }) => ({ params: { handle } }),
  'com.atproto.identity.resolveDid': ({ did }) => ({ params: { did } }),
  'com.atproto.identity.resolveIdentity': ({ did }) => ({ params: { identifier: did } }),
  'com.atproto.identity.refreshIdentity': ({ did }) => ({ body: { identifier: did } }),
  'com.atproto.identity.updateHandle': ({ handle }) => ({ body: { handle } }),
  'com.atproto.identity.getRecommendedDidCredentials': () => ({}),
  'com.atproto.identity.requestPlcOperationSignature': () => ({ isPost: true }),
  'com.atproto.identity.signPlcOperation': async (member, house) => ({
    body: { token: await mailedToken(house, member, 'plcOperation') },
  }),
  'com.atproto.identity.submitPlcOperation': async (member, house) => ({
    body: { operation: await signedOperation(house, member) },
  }),

  'com.atproto.admin.getAccountInfo': ({ did }) => ({ params: { did } }),
  'com.atproto.admin.getAccountInfos': ({ did }) => ({ params: { dids: did } }),
  'com.atproto.admin.searchAccounts': ({ email }) => ({ params: { email } }),
  'com.atproto.admin.getSubjectStatus': ({ did }) => ({ params: { did } }),
  'com.atproto.admin.updateSubjectStatus': ({ did }) => ({
    body: { subject: { $type: 'com.atproto.admin.defs#repoRef', did }, takedown: { applied: true } },
  }),
  'com.atproto.admin.updateAccountEmail': ({ did, handle }) => ({
    body: { account: did, email: `new-${handle}@example.com` },
  }),
  'com.atproto.admin.updateAccountHandle': ({ did, handle }) => ({ body: { did, handle } }),
  'com.atproto.admin.updateAccountPassword': ({ did }) => ({ body: { did, password: 'another secret' } }),
  'com.atproto.admin.deleteAccount': ({ did }) => ({ body: { did } }),
  'com.atproto.admin.getInviteCodes': () => ({}),
  'com.atproto.admin.disableInviteCodes': ({ did }) => ({ body: { accounts: [did] } }),
  'com.atproto.admin.disableAccountInvites': ({ did }) => ({ body: { account: did } }),
  'com.atproto.admin.enableAccountInvites': ({ did }) => ({ body: { account: did } }),
  'com.atproto.admin.sendEmail': ({ did }) => ({
    body: { recipientDid: did, senderDid: did, content: '<p>Hello</p>' },
  }),
  'host.heronry.admin.getStatus': () => ({}),
  'host.heronry.admin.listAccounts': () => ({}),
  'host.heronry.admin.getAccount': ({ did }) => ({ params: { account: did } }),
  'host.heronry.admin.suspendAccount': ({ did }) => ({
    body: { did, until: new Date(Date.now() + 86_400_000).toISOString(), reason: 'a report' },
  }),
  'host.heronry.admin.liftSuspension': ({ did }) => ({ body: { did, reason: 'an appeal' } }),
  'host.heronry.admin.resetSecondFactors': ({ did }) => ({ body: { did, reason: 'a lost phone' } }),
  'host.heronry.admin.listHandleRules': () => ({}),
  'host.heronry.admin.editHandleRules': () => ({ body: {} }),
  'host.heronry.admin.listMail': ({ did }) => ({ params: { account: did } }),
  'host.heronry.admin.retryMail': () => ({ body: { ids: ['1'] } }),
  'host.heronry.admin.sendTestMail': () => ({ body: { to: 'operator@example.com' } }),
  'host.heronry.admin.unsuppressMail': () => ({ body: { email: 'gone@example.com' } }),
  'host.heronry.admin.sendInvite': () => ({ body: { to: 'guest@example.com' } }),
  'host.heronry.admin.listAudit': () => ({}),
  'host.heronry.admin.verifyAudit': () => ({}),

  'com.atproto.repo.createRecord': ({ did }) => ({ body: { repo: did, collection, record } }),
  'com.atproto.repo.putRecord': ({ did }) => ({
    body: { repo: did, collection, rkey: '3l2222222222c', record },
  }),
  'com.atproto.repo.deleteRecord': ({ did, post }) => ({ body: { repo: did, collection, rkey: post.rkey } }),
  'com.atproto.repo.applyWrites': ({ did }) => ({
    body: {
      repo: did,
      writes: [{ $type: 'com.atproto.repo.applyWrites#create', collection, value: record }],
    },
  }),
  'com.atproto.repo.uploadBlob': () => ({ body: Buffer.from('another picture') }),
  'com.atproto.repo.describeRepo': ({ did }) => ({ params: { repo: did } }),
  'com.atproto.repo.getRecord': ({ did, post }) => ({ params: { repo: did, collection, rkey: post.rkey } }),
  'com.atproto.repo.listRecords': ({ did }) => ({ params: { repo: did, collection } }),

  'com.atproto.moderation.createReport': ({ did }) => ({
    body: {
      reasonType: 'com.atproto.moderation.defs#reasonSpam',
      subject: { $type: 'com.atproto.admin.defs#repoRef', did },
    },
  }),
  'app.bsky.actor.getPreferences': () => ({}),
  'app.bsky.actor.putPreferences': () => ({ body: { preferences: [] } }),
  'app.bsky.notification.registerPush': () => ({ body: device }),
  'app.bsky.notification.unregisterPush': () => ({ body: device }),

  'com.atproto.sync.getBlob': ({ did, blobCid }) => ({ params: { did, cid: blobCid } }),
  'com.atproto.sync.getRepo': ({ did }) => ({ params: { did } }),
  'com.atproto.sync.listBlobs': ({ did }) => ({ params: { did } }),
  'com.atproto.sync.getBlocks': ({ did, post }) => ({ params: { did, cids: post.cid } }),
  'com.atproto.sync.getLatestCommit': ({ did }) => ({ params: { did } }),
  'com.atproto.sync.getRecord': ({ did, post }) => ({ params: { did, collection, rkey: post.rkey } }),
  'com.atproto.sync.getHead': ({ did }) => ({ params: { did } }),
  'com.atproto.sync.getCheckout': ({ did }) => ({ params: { did } }),
  'com.atproto.sync.getRepoStatus': ({ did }) => ({ params: { did } }),
  'com.atproto.sync.listRepos': () => ({}),
}

const device = { serviceDid: upstreamDid, token: 't', platform: 'web', appId: 'app' }

/** Another service. */
const aud = 'did:web:elsewhere.example'
const collection = 'app.bsky.feed.post'
const record = { $type: collection, text: 'another heron', createdAt: '2026-01-02T00:00:00Z' }

/** The token that a mail would have brought; somebody who is gone has a made-up one. */
async function mailedToken(
  { db, clock }: MatrixHouse,
  { actorId, state }: Member,
  purpose: keyof typeof emailPurposes,
): Promise<string> {
  if (state === 'deleted') return 'AAAAA-AAAAA'
  const slot = { actorId, purpose: emailPurposes[purpose], now: new Date(clock.now()) }
  const issued = await inTransaction(db, { name: 'mailed token' }, (tx) => issueEmailToken(tx, slot))
  return issued.token
}

/** The code of an authenticator app that the member has begun with. */
async function shownCode({ db, vault, clock }: MatrixHouse, { actorId }: Member): Promise<string> {
  const secret = newTotpSecret()
  await inTransaction(db, { name: 'begun app' }, (tx) => insertTotp(tx, { vault }, { actorId, secret }))
  return totpCode(secret, totpStep(clock.now()))
}

/** One that says anew what the directory knows; somebody who is gone has none. */
async function signedOperation(house: MatrixHouse, member: Member): Promise<object> {
  if (member.state === 'deleted') return {}
  const authorization = `Bearer ${(await member.laterSession()).accessJwt}`
  const body = { token: await mailedToken(house, member, 'plcOperation') }
  const signed = { body, authorization }
  return (await expectOk(house, 'com.atproto.identity.signPlcOperation', signed)).operation
}
