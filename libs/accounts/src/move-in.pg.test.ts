import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import { parseHandle } from '@heronry/core/handle'
import type { ActorId } from '@heronry/core/ids'
import { genesisOperation, type PlcOperation } from '@heronry/identity/plc-operation'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import { killedBehindEachStatement } from '../test/victim.ts'
import { accountStatus } from './account-status.ts'
import { activateAccount } from './activate-account.ts'
import { createAccount } from './create-account.ts'
import { createInviteCodes } from './create-invite-codes.ts'
import { deleteAccount } from './delete-account.ts'
import { moveIn } from './move-in.ts'
import { reserveSigningKey } from './reserve-signing-key.ts'
import { setStatus } from './set-status.ts'
import { readSignUp } from './sign-up.ts'

let house: SignUpHouse
beforeAll(async () => {
  house = await signUpHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

let count = 0
const newDid = () => `did:web:mover${++count}.example.com` as Did
const moving = (did: Did, community = house.here) => ({ ...someone(community), did, provenDid: did })

async function inviteCode(): Promise<string> {
  const order = { community: house.there, codeCount: 1, useCount: 1, forAccounts: ['admin'] }
  return (await createInviteCodes(house.db, order)).codes[0]?.codes[0] ?? ''
}

/** Everything of a DID that a sign-up writes. */
async function rowsOf(did: Did) {
  const { db } = house
  const actors = await db.selectFrom('actor').select('id').where('did', '=', did).execute()
  const ids = actors.map(({ id }) => id)
  const keys = await db.selectFrom('signing_key').select('actor_id').execute()
  const orphans = keys.filter(({ actor_id }) => ids.includes(actor_id))
  const drafts = await db.selectFrom('account_draft').select('id').execute()
  const reserved = await db
    .selectFrom('reserved_signing_key')
    .select('did_key')
    .where('did', '=', did)
    .execute()
  return { actors: ids.length, keys: orphans.length, drafts: drafts.length, reserved: reserved.length }
}

test('who moves in and is killed behind any statement has not moved in, keeps the key, and comes again', async () => {
  const { deps, here } = house
  const did = newDid()
  const didKey = await reserveSigningKey(deps, { community: here, did })
  const request = moving(did)
  const signUp = { ...readSignUp(request, { hasGate: false }), handle: parseHandle(request.handle) }
  const killed = await killedBehindEachStatement(house, {
    act: (db) => moveIn({ ...deps, db }, { signUp, did, passwordHash: 'x', sessionId: did }),
    check: async () => expect(await rowsOf(did)).toEqual({ actors: 0, keys: 0, drafts: 0, reserved: 1 }),
  })
  expect(killed).toBeGreaterThan(10)
  expect(await rowsOf(did)).toEqual({ actors: 1, keys: 1, drafts: 0, reserved: 0 })
  const { id } = await house.db
    .selectFrom('actor')
    .select('id')
    .where('did', '=', did)
    .executeTakeFirstOrThrow()
  expect(await deps.vault.signer(id as ActorId)).toMatchObject({ didKey })
})

describe('one name', () => {
  test('that a new account and one that moves in want at once is given to one of them', async () => {
    for (let round = 0; round < 5; round++) {
      const { handle, email } = someone(house.here)
      const other = someone(house.here)
      for (const names of [{ handle }, { email }]) {
        const outcomes = await Promise.allSettled([
          createAccount(house.deps, { ...someone(house.here), ...names }),
          createAccount(house.deps, { ...moving(newDid()), ...names }),
          createAccount(house.deps, { ...moving(newDid()), ...names }),
        ])
        const refused = outcomes.filter((it) => it.status === 'rejected').map(({ reason }) => reason.message)
        const what = 'handle' in names ? `Handle already taken: ${handle}` : `Email already taken: ${email}`
        expect(refused).toEqual([what, what])
      }
      expect((await createAccount(house.deps, other)).actor.handle).toBe(other.handle)
    }
  })

  test('is another’s in the other community', async () => {
    const request = moving(newDid())
    await createAccount(house.deps, request)
    const inviteThere = { inviteCode: await inviteCode(), email: request.email }
    const there = { ...moving(newDid(), house.there), ...inviteThere }
    expect((await createAccount(house.deps, there)).actor.communityId).toBe(house.there.id)
  })
})

describe('while the PLC directory is away', () => {
  const away = async () => {
    throw new HeronryError('UpstreamFailure', 'The directory could not be asked')
  }

  test('a did:plc is not activated, and its status is told all the same', async () => {
    const { deps, here } = house
    const { actor } = await createAccount(deps, someone(here))
    const plc = { ...deps.plc, lastOperation: away }
    await setStatus(deps, { actorId: actor.id, change: { deactivated: { deleteAfter: null } } })
    const who = { community: here, actor }
    await expect(activateAccount({ ...deps, plc }, who)).rejects.toMatchObject({ code: 'UpstreamFailure' })
    expect(await accountStatus({ ...deps, plc }, who)).toMatchObject({ validDid: false, indexedRecords: 0 })
    await activateAccount(deps, who)
  })

  test('or knows the DID no more, it is not activated, and says why', async () => {
    const { deps, here } = house
    const { actor } = await createAccount(deps, someone(here))
    const plc = { ...deps.plc, lastOperation: async () => null }
    await expect(activateAccount({ ...deps, plc }, { community: here, actor })).rejects.toThrow(
      'The PLC directory does not know the DID, or it has ended',
    )
  })
})

describe('a DID in two communities', () => {
  test('that is activated in one and killed behind any statement is active in exactly one', async () => {
    const { first, second, activateSecond } = await hostedTwice()
    const active = async () => {
      const rows = await house.db
        .selectFrom('actor')
        .innerJoin('repo', 'repo.actor_id', 'actor.id')
        .select(['actor.id', 'deactivated_at', 'writable'])
        .where('actor.id', 'in', [first.id, second.id])
        .execute()
      for (const row of rows) expect(row.writable).toBe(row.deactivated_at === null)
      return rows.filter(({ writable }) => writable).map(({ id }) => id)
    }
    const killed = await killedBehindEachStatement(house, {
      act: activateSecond,
      check: async () => expect(await active()).toHaveLength(1),
    })
    expect(killed).toBeGreaterThan(8)
    expect(await active()).toEqual([second.id])
  })

  test('that is activated in one and deleted in the other at once ends active in the one', async () => {
    for (let round = 0; round < 5; round++) {
      const { first, second, activateSecond } = await hostedTwice()
      await Promise.all([activateSecond(house.deps.db), deleteAccount(house.deps, first.id)])
      const left = await house.db
        .selectFrom('actor')
        .select(['id', 'deactivated_at'])
        .where('did', '=', first.did)
        .execute()
      expect(left).toEqual([{ id: second.id, deactivated_at: null }])
    }
  })
})

/** A DID that is active here and has moved to the other community, where its document points to now. */
async function hostedTwice() {
  const { deps, here, there } = house
  const { actor: first } = await createAccount(deps, someone(here))
  const request = { ...moving(first.did, there), inviteCode: await inviteCode() }
  const { actor: second } = await createAccount(deps, request)
  const { didKey } = await deps.vault.signer(second.id)
  const { operation } = await genesisOperation({
    signingKey: didKey,
    handle: second.handle,
    pdsUrl: there.publicUrl,
    rotationKeys: [],
    rotation: deps.rotation,
  })
  const plc = { ...deps.plc, lastOperation: async (): Promise<PlcOperation> => operation }
  return {
    first,
    second,
    activateSecond: (db: typeof deps.db) =>
      activateAccount({ ...deps, plc, db }, { community: there, actor: second }),
  }
}
