import { HeronryError } from '@heronry/core/error'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import { createAccount } from './create-account.ts'
import { createInviteCodes } from './create-invite-codes.ts'

let house: SignUpHouse

beforeAll(async () => {
  house = await signUpHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

test('an account stands with its DID, key, repo, session and four events in their order', async () => {
  const { db, deps, here } = house
  const request = someone(here)
  const { actor, accessJwt, refreshJwt } = await createAccount(deps, request)
  expect(actor).toMatchObject({ handle: request.handle, communityId: here.id, status: 'active' })
  expect(await deps.plc.document(actor.did)).toMatchObject({
    alsoKnownAs: [`at://${request.handle}`],
    service: [{ serviceEndpoint: here.publicUrl }],
  })
  const events = await db
    .selectFrom('event')
    .select(['kind', 'community_id'])
    .where('actor_id', '=', actor.id)
    .orderBy('id')
    .execute()
  expect(events).toEqual([3, 4, 1, 2].map((kind) => ({ kind, community_id: here.id })))
  const repo = await db.selectFrom('repo').selectAll().where('actor_id', '=', actor.id).executeTakeFirst()
  expect(repo).toMatchObject({ writable: true, published: true })
  const signer = await deps.vault.signer(actor.id)
  expect(await deps.plc.lastOperation(actor.did)).toMatchObject({
    verificationMethods: { atproto: signer.didKey },
  })
  const [session] = await db.selectFrom('session').select('id').where('actor_id', '=', actor.id).execute()
  expect(claimsOf(refreshJwt)).toMatchObject({ jti: session?.id, aud: here.serviceDid, sub: actor.did })
  expect(claimsOf(accessJwt)).toMatchObject({ scope: 'com.atproto.access', aud: here.serviceDid })
  expect(await drafts()).toEqual([])
})

test('the password is stored as argon2id and nothing else of it', async () => {
  const request = someone(house.here)
  const { actor } = await createAccount(house.deps, request)
  const account = await house.db
    .selectFrom('account')
    .selectAll()
    .where('actor_id', '=', actor.id)
    .executeTakeFirstOrThrow()
  expect(account.password).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(JSON.stringify({ ...account, actor_id: 0 })).not.toContain(request.password)
})

test("the recovery key comes first, the operator's next, the house's last", async () => {
  const recoveryKey = house.deps.vault.generate().didKey
  const recoveryDidKey = house.deps.vault.generate().didKey
  const { actor } = await createAccount(
    { ...house.deps, recoveryDidKey },
    { ...someone(house.here), recoveryKey },
  )
  const operation = await house.deps.plc.lastOperation(actor.did)
  expect(operation).toMatchObject({ rotationKeys: [recoveryKey, recoveryDidKey, house.deps.rotation.didKey] })
})

describe('a name that somebody has', () => {
  test('is refused in its community, in any case, and free in the other', async () => {
    const { deps, here, there } = house
    const first = someone(here)
    await createAccount(deps, first)
    const sameHandle = { ...someone(here), handle: first.handle.toUpperCase() }
    await expect(createAccount(deps, sameHandle)).rejects.toEqual(
      new HeronryError('InvalidRequest', `Handle already taken: ${first.handle}`),
    )
    const sameEmail = { ...someone(here), email: first.email.toUpperCase() }
    await expect(createAccount(deps, sameEmail)).rejects.toEqual(
      new HeronryError('InvalidRequest', `Email already taken: ${first.email}`),
    )
    const code = await inviteCode()
    const elsewhere = { ...someone(there), email: first.email, inviteCode: code }
    expect((await createAccount(deps, elsewhere)).actor.communityId).toBe(there.id)
  })

  test('is refused too where its account is deactivated or taken down', async () => {
    const first = someone(house.here)
    const { actor } = await createAccount(house.deps, first)
    const change = { deactivated_at: new Date(), takedown_ref: 'report' }
    await house.db.updateTable('actor').set(change).where('id', '=', actor.id).execute()
    await expect(createAccount(house.deps, { ...someone(house.here), handle: first.handle })).rejects.toThrow(
      'Handle already taken',
    )
    await expect(createAccount(house.deps, { ...someone(house.here), email: first.email })).rejects.toThrow(
      'Email already taken',
    )
  })

  test.each(['handle', 'email'] as const)(
    'of eight who ask for one %s at once, one gets it',
    async (field) => {
      const wanted = someone(house.here)[field]
      const attempts = await Promise.allSettled(
        Array.from({ length: 8 }, () =>
          createAccount(house.deps, { ...someone(house.here), [field]: wanted }),
        ),
      )
      const refused = attempts.filter((attempt) => attempt.status === 'rejected')
      expect(refused).toHaveLength(7)
      for (const { reason } of refused) expect(reason).toMatchObject({ code: 'InvalidRequest' })
      expect(await drafts()).toEqual([])
    },
  )
})

describe('an invite code', () => {
  test('is used once by each account, up to its number, also by many at once', async () => {
    const { deps, there, db } = house
    const inviteCode_ = await inviteCode({ useCount: 3 })
    const attempts = await Promise.allSettled(
      Array.from({ length: 6 }, () => createAccount(deps, { ...someone(there), inviteCode: inviteCode_ })),
    )
    const refused = attempts.filter((attempt) => attempt.status === 'rejected')
    expect(refused.map(({ reason }) => reason)).toEqual(
      Array(3).fill(new HeronryError('InvalidInviteCode', 'Provided invite code not available')),
    )
    const uses = await db.selectFrom('invite_use').select('did').where('code', '=', inviteCode_).execute()
    expect(uses).toHaveLength(3)
  })

  test.each([
    ['missing', async () => undefined],
    ['unknown', async () => 'there-example-com-aaaaa-aaaaa'],
    ['hostile', async () => "'; DROP TABLE actor; --\u0000"],
    ['endless', async () => 'a'.repeat(100_000)],
    ["the other community's", () => inviteCode({ community: house.here })],
    ['disabled', () => disabled(inviteCode())],
    ['without uses', () => inviteCode({ useCount: 0 })],
    ['of an owner who was taken down', () => inviteOf({ takedown_ref: 'report' })],
    ['of an owner who is suspended', () => inviteOf({ suspended_until: new Date(Date.now() + 60_000) })],
  ])('that is %s opens nothing', async (_, code) => {
    const request = { ...someone(house.there), inviteCode: await code() }
    await expect(createAccount(house.deps, request)).rejects.toMatchObject({ code: 'InvalidInviteCode' })
    expect(await drafts()).toEqual([])
  })

  test('whose owner is suspended no more opens the house again', async () => {
    const ended = { suspended_until: new Date(Date.now() - 1) }
    await createAccount(house.deps, { ...someone(house.there), inviteCode: await inviteOf(ended) })
  })

  test('is not asked for, and not used, where the community is open', async () => {
    const code = await inviteCode({ community: house.here })
    await createAccount(house.deps, { ...someone(house.here), inviteCode: code })
    expect(await house.db.selectFrom('invite_use').select('did').where('code', '=', code).execute()).toEqual(
      [],
    )
  })
})

test('a DID that lives here already exists, and is told so before anything else is looked at', async () => {
  const { deps, here } = house
  const { actor } = await createAccount(deps, someone(here))
  await expect(createAccount(deps, { ...someone(here), did: actor.did })).rejects.toEqual(
    new HeronryError('AlreadyExists', 'Repo already exists'),
  )
  const nameless = { community: here, handle: '', did: actor.did }
  await expect(createAccount(deps, nameless)).rejects.toMatchObject({ code: 'AlreadyExists' })
})

test('a recovery key that PLC would refuse is refused before anything is reserved', async () => {
  const request = { ...someone(house.here), recoveryKey: 'did:key:nonsense' }
  await expect(createAccount(house.deps, request)).rejects.toMatchObject({ code: 'InvalidRequest' })
  expect(await drafts()).toEqual([])
})

function drafts() {
  return house.db.selectFrom('account_draft').selectAll().execute()
}

async function inviteCode({
  community = house.there,
  useCount = 1,
  account = 'admin',
} = {}): Promise<string> {
  const order = { community, codeCount: 1, useCount, forAccounts: [account] }
  const { codes } = await createInviteCodes(house.db, order)
  return codes[0]?.codes[0] ?? ''
}

async function disabled(made: Promise<string>): Promise<string> {
  const code = await made
  await house.db.updateTable('invite_code').set({ disabled: true }).where('code', '=', code).execute()
  return code
}

async function inviteOf(state: object): Promise<string> {
  const request = { ...someone(house.there), inviteCode: await inviteCode() }
  const { actor } = await createAccount(house.deps, request)
  await house.db.updateTable('actor').set(state).where('id', '=', actor.id).execute()
  return await inviteCode({ account: actor.did })
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}
