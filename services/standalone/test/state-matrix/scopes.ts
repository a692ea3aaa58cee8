import { upstreamDid } from './matrix-house.ts'
import type { matrix } from './table.ts'

/** What an app needs for it, and the nearest that does not do; beside `atproto`, which every app has. */
interface Needed {
  readonly needs: string
  readonly near: string
  /** What it is told that it lacks, where that is less than all it needs. */
  readonly lacks?: string
}

/** `any`: every app may. `none`: no app may. `elsewise`: no session opens it either. */
export type AppRow = Needed | 'any' | 'none' | 'elsewise'

const post = 'repo:app.bsky.feed.post'
const email = { needs: 'account:email?action=manage', near: 'account:email' }
const plc = { needs: 'identity:*', near: 'identity:handle' }

/** The method, of that service and of no other. */
function asking(lxm: string, service: string): Needed {
  const rpc = (id: string) => `rpc:${lxm}?aud=${upstreamDid}%23${id}`
  return { needs: rpc(service), near: rpc('other') }
}

/** Every method, and what an app must have been let in for to call it (reference-behaviour.md §1). */
export const appRows: Record<keyof typeof matrix, AppRow> = {
  'com.atproto.repo.createRecord': {
    needs: `${post}?action=create`,
    near: `${post}?action=update&action=delete`,
  },
  'com.atproto.repo.putRecord': {
    needs: `${post}?action=create&action=update`,
    near: `${post}?action=create`,
    lacks: `${post}?action=update`,
  },
  'com.atproto.repo.deleteRecord': {
    needs: `${post}?action=delete`,
    near: `${post}?action=create&action=update`,
  },
  'com.atproto.repo.applyWrites': { needs: `${post}?action=create`, near: 'repo:app.bsky.feed.like' },
  'com.atproto.repo.uploadBlob': { needs: 'blob:image/png', near: 'blob:video/*' },
  'com.atproto.server.getServiceAuth': {
    needs: 'rpc:app.bsky.feed.getTimeline?aud=*',
    near: 'rpc:app.bsky.feed.getFeed?aud=*',
    lacks: 'rpc:app.bsky.feed.getTimeline?aud=did:web:elsewhere.example',
  },
  'com.atproto.server.getServiceAuth to-leave': {
    needs: 'rpc:com.atproto.server.createAccount?aud=*',
    near: 'rpc:app.bsky.feed.getTimeline?aud=*',
    lacks: 'rpc:com.atproto.server.createAccount?aud=did:web:elsewhere.example',
  },
  'com.atproto.server.requestEmailConfirmation': email,
  'com.atproto.server.confirmEmail': email,
  'com.atproto.identity.updateHandle': { needs: 'identity:handle', near: 'account:repo?action=manage' },
  'com.atproto.identity.requestPlcOperationSignature': plc,
  'com.atproto.identity.signPlcOperation': plc,
  'com.atproto.identity.submitPlcOperation': plc,

  'app.bsky.actor.getPreferences': asking('app.bsky.actor.getPreferences', 'bsky_appview'),
  'app.bsky.actor.putPreferences': asking('app.bsky.actor.putPreferences', 'bsky_appview'),
  'app.bsky.notification.registerPush': asking('app.bsky.notification.registerPush', 'bsky_notif'),
  'app.bsky.notification.unregisterPush': asking('app.bsky.notification.unregisterPush', 'bsky_notif'),
  'com.atproto.moderation.createReport': asking('com.atproto.moderation.createReport', 'atproto_labeler'),

  'com.atproto.server.getSession': 'any',
  'com.atproto.server.checkAccountStatus': 'any',
  'com.atproto.identity.getRecommendedDidCredentials': 'any',
  'com.atproto.repo.describeRepo': 'any',
  'com.atproto.repo.getRecord': 'any',
  'com.atproto.repo.listRecords': 'any',
  'com.atproto.sync.getBlob': 'any',
  'com.atproto.sync.getRepo': 'any',
  'com.atproto.sync.listBlobs': 'any',
  'com.atproto.sync.getBlocks': 'any',
  'com.atproto.sync.getLatestCommit': 'any',
  'com.atproto.sync.getRecord': 'any',
  'com.atproto.sync.getHead': 'any',
  'com.atproto.sync.getCheckout': 'any',

  'com.atproto.server.createAppPassword': 'none',
  'com.atproto.server.listAppPasswords': 'none',
  'com.atproto.server.revokeAppPassword': 'none',
  'com.atproto.server.requestEmailUpdate': 'none',
  'com.atproto.server.updateEmail': 'none',
  'com.atproto.server.requestAccountDelete': 'none',
  'com.atproto.server.activateAccount': 'none',
  'com.atproto.server.deactivateAccount': 'none',
  'com.atproto.server.getAccountInviteCodes': 'none',
  'com.atproto.temp.checkSignupQueue': 'none',
  'host.heronry.account.createAppPassword': 'none',
  'host.heronry.account.listAppPasswords': 'none',
  'host.heronry.account.getSecondFactors': 'none',
  'host.heronry.account.setEmailFactor': 'none',
  'host.heronry.account.beginTotp': 'none',
  'host.heronry.account.confirmTotp': 'none',
  'host.heronry.account.disableTotp': 'none',
  'host.heronry.account.newRecoveryCodes': 'none',
  'host.heronry.account.signOutEverywhere': 'none',
  'host.heronry.account.getMailState': 'none',

  'com.atproto.server.describeServer': 'elsewise',
  'com.atproto.server.createAccount its-handle': 'elsewise',
  'com.atproto.server.createAccount its-address': 'elsewise',
  'com.atproto.server.createAccount its-did': 'elsewise',
  'com.atproto.server.reserveSigningKey': 'elsewise',
  'com.atproto.server.createSession': 'elsewise',
  'com.atproto.server.createSession to-leave': 'elsewise',
  'com.atproto.server.refreshSession': 'elsewise',
  'com.atproto.server.deleteSession': 'elsewise',
  'com.atproto.server.requestPasswordReset': 'elsewise',
  'com.atproto.server.resetPassword': 'elsewise',
  'com.atproto.server.deleteAccount': 'elsewise',
  'com.atproto.server.createInviteCode': 'elsewise',
  'com.atproto.server.createInviteCodes': 'elsewise',
  'com.atproto.identity.resolveHandle': 'elsewise',
  'com.atproto.identity.resolveDid': 'elsewise',
  'com.atproto.identity.resolveIdentity': 'elsewise',
  'com.atproto.identity.refreshIdentity': 'elsewise',
  'com.atproto.admin.getAccountInfo': 'elsewise',
  'com.atproto.admin.getAccountInfos': 'elsewise',
  'com.atproto.admin.searchAccounts': 'elsewise',
  'com.atproto.admin.getSubjectStatus': 'elsewise',
  'com.atproto.admin.updateSubjectStatus': 'elsewise',
  'com.atproto.admin.updateAccountEmail': 'elsewise',
  'com.atproto.admin.updateAccountHandle': 'elsewise',
  'com.atproto.admin.updateAccountPassword': 'elsewise',
  'com.atproto.admin.deleteAccount': 'elsewise',
  'com.atproto.admin.getInviteCodes': 'elsewise',
  'com.atproto.admin.disableInviteCodes': 'elsewise',
  'com.atproto.admin.disableAccountInvites': 'elsewise',
  'com.atproto.admin.enableAccountInvites': 'elsewise',
  'com.atproto.admin.sendEmail': 'elsewise',
  'host.heronry.admin.getStatus': 'elsewise',
  'host.heronry.admin.listAccounts': 'elsewise',
  'host.heronry.admin.getAccount': 'elsewise',
  'host.heronry.admin.suspendAccount': 'elsewise',
  'host.heronry.admin.liftSuspension': 'elsewise',
  'host.heronry.admin.resetSecondFactors': 'elsewise',
  'host.heronry.admin.listHandleRules': 'elsewise',
  'host.heronry.admin.editHandleRules': 'elsewise',
  'host.heronry.admin.listMail': 'elsewise',
  'host.heronry.admin.retryMail': 'elsewise',
  'host.heronry.admin.sendTestMail': 'elsewise',
  'host.heronry.admin.unsuppressMail': 'elsewise',
  'host.heronry.admin.sendInvite': 'elsewise',
  'host.heronry.admin.listAudit': 'elsewise',
  'host.heronry.admin.verifyAudit': 'elsewise',
  'com.atproto.sync.getRepoStatus': 'elsewise',
  'com.atproto.sync.listRepos': 'elsewise',
}
