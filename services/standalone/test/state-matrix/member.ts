import { deleteAccount } from '@heronry/accounts/delete-account'
import { type StatusChange, setStatus } from '@heronry/accounts/set-status'
import type { Did } from '@heronry/core/did'
import type { ActorId } from '@heronry/core/ids'
import type { AppSession } from '@heronry/testing/test-app'
import { expectOk } from './ask.ts'
import type { MatrixHouse } from './matrix-house.ts'

export const states = ['active', 'deactivated', 'suspended', 'takendown', 'deleted'] as const

export type State = (typeof states)[number]

/** Somebody with an account, a post and a picture in it, in the state that was asked for. */
export interface Member {
  readonly state: State
  readonly actorId: ActorId
  readonly did: Did
  readonly handle: string
  readonly email: string
  readonly password: string
  readonly post: { readonly rkey: string; readonly cid: string }
  readonly blobCid: string
  /** The session from before the change of state. */
  readonly session: Session
  /** Of an app that it let in for everything, before the change of state. */
  readonly appSession: AppSession
  /** A session from after it, opened when it is first wanted, as one who wants to leave may. */
  laterSession(): Promise<Session>
}

interface Session {
  readonly accessJwt: string
  readonly refreshJwt: string
}

let count = 0

export async function createMember(house: MatrixHouse, state: State): Promise<Member> {
  const name = `member${++count}`
  const account = { handle: `${name}.test`, email: `${name}@example.com`, password: `secret of ${name}` }
  const created = await expectOk(house, 'com.atproto.server.createAccount', { body: account })
  const did: Did = created.did
  const contents = await fill(house, { did, authorization: `Bearer ${created.accessJwt}` })
  const { id } = await house.db
    .selectFrom('actor')
    .select('id')
    .where('did', '=', did)
    .executeTakeFirstOrThrow()
  const actorId = id as ActorId
  const appSession = await letIn(house, { actorId, did }, everything)
  await enter(house, actorId, state)
  let later: Promise<Session> | undefined
  const logIn = (): Promise<Session> => {
    const body = { identifier: did, password: account.password, allowTakendown: true }
    return expectOk(house, 'com.atproto.server.createSession', { body })
  }
  const session = { accessJwt: created.accessJwt, refreshJwt: created.refreshJwt }
  const laterSession = () => (later ??= logIn())
  return { state, actorId, did, ...account, ...contents, session, appSession, laterSession }
}

/** Every scope that a method of the house may ask for. */
export const everything = [
  ...['transition:generic', 'transition:email'],
  ...['account:email?action=manage', 'account:repo?action=manage', 'identity:*'],
]

/** An app that the account lets in for these scopes. */
export function letIn(
  { apps, community }: MatrixHouse,
  { actorId, did }: { actorId: ActorId; did: string },
  scopes: readonly string[],
): Promise<AppSession> {
  return apps.letIn({ community, actorId, did, scope: ['atproto', ...scopes].join(' ') })
}

/** As whoever is responsible would: its owner, a moderator. */
async function enter(house: MatrixHouse, actorId: ActorId, state: State): Promise<void> {
  if (state === 'deleted') await deleteAccount(house, actorId)
  else if (state !== 'active') await setStatus(house, { actorId, change: changes[state] })
}

const changes: Record<Exclude<State, 'active' | 'deleted'>, StatusChange> = {
  deactivated: { deactivated: { deleteAfter: null } },
  suspended: { suspendedUntil: new Date(Date.now() + 3_600_000) },
  takendown: { takedownRef: 'report 1' },
}

async function fill(house: MatrixHouse, { did, authorization }: { did: string; authorization: string }) {
  const { blob } = await expectOk(house, 'com.atproto.repo.uploadBlob', {
    body: Buffer.from(`picture of ${did}`),
    authorization,
  })
  const record = {
    $type: 'app.bsky.feed.post',
    text: 'a heron',
    createdAt: '2026-01-01T00:00:00Z',
    embed: { $type: 'app.bsky.embed.images', images: [{ image: blob, alt: '' }] },
  }
  const body = { repo: did, collection: record.$type, rkey: '3l2222222222a', record }
  const { cid } = await expectOk(house, 'com.atproto.repo.createRecord', { body, authorization })
  return { post: { rkey: body.rkey, cid: cid as string }, blobCid: blob.ref.$link as string }
}
