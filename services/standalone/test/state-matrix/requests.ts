import { emailPurposes, issueEmailToken } from '@heronry/accounts/email-token'
import { inTransaction } from '@heronry/db/in-transaction'
import type { Question } from './ask.ts'
import type { MatrixHouse } from './matrix-house.ts'
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
  'com.atproto.server.createSession': ({ email, password }) => ({ body: { identifier: email, password } }),
  'com.atproto.server.createSession to-leave': ({ email, password }) => ({
    body: { identifier: email, password, allowTakendown: true },
  }),
  'com.atproto.server.refreshSession': () => ({ isPost: true }),
  'com.atproto.server.deleteSession': () => ({ isPost: true }),
  'com.atproto.server.getSession': () => ({}),
  'com.atproto.server.requestEmailConfirmation': () => ({ isPost: true }),
  'com.atproto.server.confirmEmail': async (member, house) => ({
    body: { email: member.email, token: await mailedToken(house, member, 'confirmEmail') },
  }),
  'com.atproto.server.createInviteCode': ({ did }) => ({ body: { useCount: 1, forAccount: did } }),
  'com.atproto.server.createInviteCodes': ({ did }) => ({
    body: { codeCount: 1, useCount: 1, forAccounts: [did] },
  }),

  'com.atproto.identity.resolveHandle': ({ handle }) => ({ params: { handle } }),

  'com.atproto.admin.getAccountInfo': ({ did }) => ({ params: { did } }),
  'host.heronry.admin.getStatus': () => ({}),
  'host.heronry.admin.listAccounts': () => ({}),
  'host.heronry.admin.getAccount': ({ did }) => ({ params: { account: did } }),

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

const collection = 'app.bsky.feed.post'
const record = { $type: collection, text: 'another heron', createdAt: '2026-01-02T00:00:00Z' }

/** The token that a mail would have brought; somebody who is gone has a made-up one. */
function mailedToken(
  { db, clock }: MatrixHouse,
  { actorId, state }: Member,
  purpose: keyof typeof emailPurposes,
): Promise<string> {
  if (state === 'deleted') return Promise.resolve('AAAAA-AAAAA')
  const slot = { actorId, purpose: emailPurposes[purpose], now: new Date(clock.now()) }
  return inTransaction(db, { name: 'mailed token' }, async (tx) => (await issueEmailToken(tx, slot)).token)
}
