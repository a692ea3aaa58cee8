import { randomBytes } from 'node:crypto'
import { ask, type Question, signUp } from './ask.ts'
import type { EntrywayHouse } from './entryway-house.ts'

export type Person = Awaited<ReturnType<typeof signUp>> & { did: string }

/** Somebody for an administrator to act on. */
export async function somebody(house: EntrywayHouse, at: 'herons' | 'storks' = 'herons'): Promise<Person> {
  const person = await signUp(house, at)
  return { ...person, did: person.created.body.did }
}

type AdminCall = { params?: Record<string, string>; input?: object }

/** A call of each method that asks for the admin password, such as is done. */
export const adminCalls: Record<string, (person: Person) => AdminCall> = {
  'com.atproto.admin.getAccountInfo': ({ did }) => ({ params: { did } }),
  'com.atproto.admin.getAccountInfos': ({ did }) => ({ params: { dids: did } }),
  'com.atproto.admin.searchAccounts': ({ email }) => ({ params: { email } }),
  'com.atproto.admin.getSubjectStatus': ({ did }) => ({ params: { did } }),
  'com.atproto.admin.updateSubjectStatus': ({ did }) => ({
    input: { subject: repoRef(did), takedown: { applied: true, ref: 'spam' } },
  }),
  'com.atproto.admin.updateAccountEmail': ({ did }) => ({
    input: { account: did, email: `secret-${did.slice(8)}@example.com` },
  }),
  'com.atproto.admin.updateAccountPassword': ({ did }) => ({ input: { did, password: 'secret word' } }),
  'com.atproto.admin.deleteAccount': ({ did }) => ({ input: { did } }),
  'com.atproto.server.createInviteCode': () => ({ input: { useCount: 1 } }),
  'com.atproto.server.createInviteCodes': ({ did }) => ({
    input: { codeCount: 2, useCount: 1, forAccounts: [did] },
  }),
  'com.atproto.admin.updateAccountHandle': ({ did, handle }) => ({ input: { did, handle: `new-${handle}` } }),
  'com.atproto.admin.getInviteCodes': () => ({}),
  'com.atproto.admin.disableInviteCodes': ({ did, inviteCode }) => ({
    input: { codes: [inviteCode], accounts: [did] },
  }),
  'com.atproto.admin.disableAccountInvites': ({ did }) => ({ input: { account: did, note: 'too many' } }),
  'com.atproto.admin.enableAccountInvites': ({ did }) => ({ input: { account: did } }),
  'com.atproto.admin.sendEmail': ({ did }) => ({
    input: { recipientDid: did, senderDid: did, content: '<p>secret-content</p>', comment: 'as agreed' },
  }),
  'host.heronry.admin.listHandleRules': () => ({}),
  'host.heronry.admin.editHandleRules': ({ did }) => ({
    input: { add: [{ kind: 'reserved', word: did.slice(8, 16) }] },
  }),
  'host.heronry.admin.listMail': ({ email }) => ({ params: { account: email } }),
  'host.heronry.admin.retryMail': () => ({ input: { ids: ['1'], reason: 'the server is back' } }),
  'host.heronry.admin.sendTestMail': () => ({ input: { to: 'secret-test@example.com' } }),
  'host.heronry.admin.unsuppressMail': () => ({ input: { email: 'secret-gone@example.com' } }),
  'host.heronry.admin.sendInvite': () => ({ input: { to: 'secret-guest@example.com' } }),
  'host.heronry.admin.getBlobUsage': () => ({}),
  'host.heronry.admin.placeBlobHold': ({ did }) => ({ input: { did, reason: 'case 7' } }),
  'host.heronry.admin.liftBlobHold': () => ({ input: { id: '1', reason: 'closed' } }),
  'host.heronry.admin.listBlobHolds': () => ({}),
  'host.heronry.admin.editBlobBlocks': () => ({
    input: { add: [{ sha256: 'ab'.repeat(32) }], reason: 'list 7' },
  }),
  'host.heronry.admin.listBlobBlocks': () => ({}),
  'host.heronry.admin.listAccounts': () => ({}),
  'host.heronry.admin.getAccount': ({ email }) => ({ params: { account: email } }),
  'host.heronry.admin.suspendAccount': ({ did }) => ({
    input: { did, until: new Date(Date.now() + 3_600_000).toISOString(), reason: 'spam' },
  }),
  'host.heronry.admin.resetSecondFactors': ({ did }) => ({ input: { did, reason: 'a lost phone' } }),
  'host.heronry.admin.liftSuspension': ({ did }) => ({ input: { did, reason: 'a mistake' } }),
}

export const repoRef = (did: string) => ({ $type: 'com.atproto.admin.defs#repoRef', did })

/** Asks the method of its table for `person`, as `question` has it. */
export async function callAdmin(
  house: EntrywayHouse,
  { nsid, person, question }: { nsid: string; person: Person; question: Question },
) {
  const { params, input } = adminCalls[nsid]?.(person) ?? {}
  if (nsid === 'host.heronry.admin.liftSuspension') {
    const until = new Date(Date.now() + 3_600_000)
    await house.db
      .updateTable('actor')
      .set({ suspended_until: until })
      .where('did', '=', person.did)
      .execute()
  }
  if (nsid === 'host.heronry.admin.liftBlobHold')
    Object.assign(input ?? {}, { id: await hold(house, person) })
  const path = params ? `${nsid}?${new URLSearchParams(params)}` : nsid
  return await ask(house, path, { ...question, ...(input && { input }) })
}

/** A legal hold of nothing in particular; its number. */
async function hold({ db }: EntrywayHouse, { did }: Person): Promise<string> {
  const actor = await db
    .selectFrom('actor')
    .select(['id', 'community_id'])
    .where('did', '=', did)
    .executeTakeFirstOrThrow()
  const { id } = await db
    .insertInto('blob_hold')
    .values({
      actor_id: actor.id,
      community_id: actor.community_id,
      did,
      cid: randomBytes(32),
      reason: 'case 7',
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return String(id)
}
