import { decode } from '@atproto/lex-cbor'
import type { Did } from '@heronry/core/did'
import { parseHandle } from '@heronry/core/handle'
import type { ActorId } from '@heronry/core/ids'
import { createHttpFetch } from '@heronry/identity/http-fetch'
import { createPlcDirectory } from '@heronry/identity/plc-directory'
import { type PlcOperation, tombstoneOperation } from '@heronry/identity/plc-operation'
import { handleOfOperation, updateOperation } from '@heronry/identity/plc-update'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import { type Actor, findActor } from './actor.ts'
import { createAccount } from './create-account.ts'
import { createInviteCodes } from './create-invite-codes.ts'
import { reserveAccount } from './reserve-account.ts'
import { setStatus } from './set-status.ts'
import { readSignUp } from './sign-up.ts'
import { updateHandle } from './update-handle.ts'

let house: SignUpHouse
beforeAll(async () => {
  house = await signUpHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

describe('a new handle', () => {
  test('is in the document of the DID, in the account and in an #identity; the old one is free', async () => {
    const { actor, handle: old } = await member()
    const handle = newName()
    await change(actor, handle)
    expect(await handleAtDirectory(actor.did)).toBe(handle)
    expect(await found(actor.did)).toMatchObject({ handle })
    expect(await identityEvents(actor.id)).toEqual([old, handle])
    expect(await changesOf(actor.id)).toBe(0)
    const taker = await createAccount(house.deps, { ...someone(house.here), handle: old })
    expect(taker.actor.handle).toBe(old)
  })

  test('leaves the other names of the DID as they are', async () => {
    const { actor } = await member()
    const { plc, rotation } = house.deps
    const last = await plc.lastOperation(actor.did)
    const alsoKnownAs = ['https://alice.example.org', `at://${actor.handle}`, 'at://second.example.org']
    if (last) await plc.submit(actor.did, await updateOperation(rotation, { last, change: { alsoKnownAs } }))
    const handle = newName()
    await change(actor, handle)
    expect(await plc.document(actor.did)).toMatchObject({
      alsoKnownAs: ['https://alice.example.org', `at://${handle}`, 'at://second.example.org'],
    })
  })

  test('that the actor has already is told again, and the document is put right', async () => {
    const { actor, handle } = await member()
    await change(actor, handle.toUpperCase())
    expect(await identityEvents(actor.id)).toEqual([handle, handle])
    const { plc, rotation } = house.deps
    const last = await plc.lastOperation(actor.did)
    const alsoKnownAs = ['at://elsewhere.example.org']
    if (last) await plc.submit(actor.did, await updateOperation(rotation, { last, change: { alsoKnownAs } }))
    await change(actor, handle)
    expect(await handleAtDirectory(actor.did)).toBe(handle)
  })

  test('of a deactivated account is changed, too; of one that was taken down it is not', async () => {
    const { actor } = await member()
    const deactivated = await setStatus(house.deps, {
      actorId: actor.id,
      change: { deactivated: { deleteAfter: null } },
    })
    const handle = newName()
    await change(deactivated, handle)
    const takenDown = await setStatus(house.deps, { actorId: actor.id, change: { takedownRef: 'x' } })
    await expect(change(takenDown, newName())).rejects.toMatchObject({
      code: 'InvalidRequest',
      message: `Account not found: ${actor.did}`,
    })
    expect(await found(actor.did)).toMatchObject({ handle })
  })
})

describe('a handle of another domain', () => {
  test('is given where its TXT record names the DID', async () => {
    const { actor } = await member()
    house.dns.records.set('_atproto.alice.example.org', [`did=${actor.did}`])
    await change(actor, 'alice.example.org')
    expect(await found(actor.did)).toMatchObject({ handle: 'alice.example.org' })
    // It stays the actor's although the record is gone, but may not be asked for again.
    house.dns.records.delete('_atproto.alice.example.org')
    await expect(change(actor, 'alice.example.org')).rejects.toMatchObject({
      message: 'External handle did not resolve to DID',
    })
  })

  test('is given where its host says so, and not where it names somebody else', async () => {
    const { actor } = await member()
    const page = 'https://bob.example.org/.well-known/atproto-did'
    house.web.pages.set(page, { body: 'did:plc:ewvi7nxzyoun6zhxrhs64oiz' })
    await expect(change(actor, 'bob.example.org')).rejects.toMatchObject({
      code: 'InvalidRequest',
      message: 'External handle did not resolve to DID',
    })
    house.web.pages.set(page, { body: actor.did })
    await change(actor, 'bob.example.org')
    expect(await handleAtDirectory(actor.did)).toBe('bob.example.org')
  })

  test('of another community is its own to give: nobody outside is asked', async () => {
    const { actor } = await memberThere()
    house.dns.records.set('_atproto.ghost.test', [`did=${actor.did}`])
    await expect(change(actor, 'ghost.test')).rejects.toMatchObject({ code: 'InvalidRequest' })
    expect(house.dns.asked).not.toContain('_atproto.ghost.test')
  })

  test('is the same in two communities: each has its own names', async () => {
    const [here, there] = [await member(), await memberThere()]
    const name = newName().split('.')[0]
    await change(here.actor, `${name}.test`)
    await change(there.actor, `${name}.there.test`)
    expect(await handleAtDirectory(there.actor.did)).toBe(`${name}.there.test`)
  })
})

describe('a did:web', () => {
  const did = 'did:web:carol.example.org' as Did

  test('must name the handle in its document, which the house does not write', async () => {
    const actor = await withDid(did)
    const page = 'https://carol.example.org/.well-known/did.json'
    house.web.pages.set(page, { body: JSON.stringify({ id: did, alsoKnownAs: ['at://other.test'] }) })
    const refusal = { code: 'InvalidRequest', message: 'DID is not properly configured for handle' }
    await expect(change(actor, 'carolina.test')).rejects.toMatchObject(refusal)
    house.web.pages.set(page, {
      body: JSON.stringify({ id: did, alsoKnownAs: ['at://other.test', 'at://Carolina.test'] }),
    })
    await change(actor, 'carolina.test')
    expect(await found(did)).toMatchObject({ handle: 'carolina.test' })
    house.web.pages.set(page, { status: 404 })
    await expect(change(actor, 'carol-b.test')).rejects.toMatchObject(refusal)
    house.web.pages.set(page, { status: 500 })
    await expect(change(actor, 'carol-b.test')).rejects.toMatchObject({ code: 'UpstreamFailure' })
  })
})

describe('a handle that is not free', () => {
  const taken = (handle: string) => ({
    code: 'HandleNotAvailable',
    message: `Handle already taken: ${handle}`,
  })

  test('is refused, whoever has it: an account, one that is deactivated, a sign-up', async () => {
    const { actor, handle: old } = await member()
    const other = await member()
    await expect(change(actor, other.handle)).rejects.toMatchObject(taken(other.handle))
    await setStatus(house.deps, { actorId: other.actor.id, change: { deactivated: { deleteAfter: null } } })
    await expect(change(actor, other.handle)).rejects.toMatchObject(taken(other.handle))
    const request = someone(house.here)
    const handle = parseHandle(request.handle)
    await reserveAccount(house.deps, { ...readSignUp(request, { hasGate: false }), handle })
    await expect(change(actor, request.handle)).rejects.toMatchObject(taken(request.handle))
    expect(await found(actor.did)).toMatchObject({ handle: old })
    expect(await handleAtDirectory(actor.did)).toBe(old)
  })

  test('goes to one of many who ask for it at once, sign-ups among them', async () => {
    const members = await Promise.all(Array.from({ length: 6 }, member))
    const handle = newName()
    const tries = await Promise.allSettled([
      ...members.map(({ actor }) => change(actor, handle)),
      ...Array.from({ length: 4 }, () => createAccount(house.deps, { ...someone(house.here), handle })),
    ])
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of tries) {
      if (one.status === 'rejected')
        expect(one.reason).toMatchObject({ message: `Handle already taken: ${handle}` })
    }
    const owner = await found(handle)
    expect(await handleAtDirectory(owner?.did as Did)).toBe(handle)
    for (const { actor, handle: old } of members.filter(({ actor }) => actor.did !== owner?.did)) {
      expect([await handleAtDirectory(actor.did), (await found(actor.did))?.handle]).toEqual([old, old])
    }
  })

  test('two of one actor at once end with one of them, here and at the directory', async () => {
    const { actor } = await member()
    const names = [newName(), newName(), newName()]
    const tries = await Promise.allSettled(names.map((name) => change(actor, name)))
    expect(tries.some(({ status }) => status === 'fulfilled')).toBe(true)
    const { handle } = (await found(actor.did)) as Actor
    expect(names).toContain(handle)
    expect(await handleAtDirectory(actor.did)).toBe(handle)
    expect(await changesOf(actor.id)).toBe(0)
  })
})

describe('the directory', () => {
  test('that refuses leaves everything as it was, and its words are passed on', async () => {
    const { actor, handle: old } = await member()
    const { plc, rotation } = house.deps
    const last = await plc.lastOperation(actor.did)
    const { didKey } = house.deps.vault.generate()
    // The house's key is not among them any more.
    const own = { last: last as never, change: { rotationKeys: [didKey] } }
    await plc.submit(actor.did, await updateOperation(rotation, own))
    const handle = newName()
    await expect(change(actor, handle)).rejects.toMatchObject({ code: 'InvalidRequest' })
    expect(await found(actor.did)).toMatchObject({ handle: old })
    expect(await changesOf(actor.id)).toBe(0)
    // The name is free again at once.
    await createAccount(house.deps, { ...someone(house.here), handle })
  })

  test('that does not know the DID, or has seen it end, is no place to change it', async () => {
    const did = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz' as Did
    await expect(change(await withDid(did), newName())).rejects.toMatchObject({
      code: 'InvalidRequest',
      message: `The PLC directory does not know ${did}`,
    })
    const { actor } = await member()
    const { plc, rotation } = house.deps
    const last = (await plc.lastOperation(actor.did)) as PlcOperation
    await plc.submit(actor.did, await tombstoneOperation(rotation, last))
    await expect(change(actor, newName())).rejects.toMatchObject({ message: 'Did is tombstoned' })
  })

  test('that is away is an upstream failure, and the handle stays as it is', async () => {
    const { actor, handle: old } = await member()
    const fetch = createHttpFetch({ publicOnly: false })
    const gone = { ...house.deps, plc: createPlcDirectory({ url: 'http://127.0.0.1:1', fetch }) }
    const update = { community: house.here, actor, handle: newName() }
    await expect(updateHandle(gone, update)).rejects.toMatchObject({ code: 'UpstreamFailure' })
    expect(await found(actor.did)).toMatchObject({ handle: old })
  })
})

let count = 0
function newName(): string {
  return `new-name${++count}.test`
}

async function member() {
  const { actor } = await createAccount(house.deps, someone(house.here))
  return { actor, handle: actor.handle }
}

async function memberThere() {
  const order = { community: house.there, codeCount: 1, useCount: 1, forAccounts: ['admin'] }
  const { codes } = await createInviteCodes(house.db, order)
  const inviteCode = codes[0]?.codes[0] ?? ''
  const { actor } = await createAccount(house.deps, { ...someone(house.there), inviteCode })
  return { actor, handle: actor.handle }
}

/** An actor of that DID: one that was moved here. */
async function withDid(did: Did): Promise<Actor> {
  const { actor } = await member()
  await house.db.updateTable('actor').set({ did }).where('id', '=', actor.id).execute()
  return { ...actor, did }
}

function change(actor: Actor, handle: string) {
  const community = actor.communityId === house.here.id ? house.here : house.there
  return updateHandle(house.deps, { community, actor, handle })
}

function found(didOrHandle: string) {
  return findActor(house.db, { communityId: house.here.id, didOrHandle })
}

async function handleAtDirectory(did: Did) {
  const last = await house.deps.plc.lastOperation(did)
  return last && handleOfOperation(last)
}

async function changesOf(actorId: ActorId): Promise<number> {
  const rows = await house.db
    .selectFrom('identity_change')
    .select('id')
    .where('actor_id', '=', actorId)
    .execute()
  return rows.length
}

async function identityEvents(actorId: ActorId) {
  const rows = await house.db
    .selectFrom('event')
    .select(['body', 'seq_at'])
    .where('actor_id', '=', actorId)
    .where('kind', '=', 3)
    .orderBy('id')
    .execute()
  return rows.map(({ body, seq_at: at }) => {
    // Any number will do for the seq, which is left out.
    const numbered = Buffer.concat([body.subarray(0, at), Buffer.from([1]), body.subarray(at)])
    return (decode(numbered) as { handle?: string }).handle
  })
}
