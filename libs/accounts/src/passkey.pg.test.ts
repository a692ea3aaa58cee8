import { inTransaction } from '@heronry/db/in-transaction'
import { sendMail } from '@heronry/jobs/kinds/send-mail'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { addPasskey, authenticatorFor, confirmed, device, signIn } from '../test/passkey-house.ts'
import { type FactorHouse, factorHouse, member, withTotp } from '../test/second-factor-house.ts'
import {
  ownerConfirmationTtlMs,
  passkeyChallengeTtlMs,
  passkeyIdBytesMax,
  passkeyNameLengthMax,
  passkeysMax,
} from './limits.ts'
import { removePasskey, renamePasskey } from './own-passkeys.ts'
import { findSecondFactors, setEmailFactor } from './own-second-factors.ts'
import { confirmWithPassword } from './owner-confirmation.ts'
import { listPasskeys } from './passkey-store.ts'
import { askForPasskey } from './prove-passkey.ts'
import { purgeTokens } from './purge-tokens.ts'
import { beginPasskey, registerPasskey } from './register-passkey.ts'
import { setPassword } from './set-password.ts'
import { setStatus } from './set-status.ts'
import { confirmWithPasskey, signInWithPasskey } from './sign-in-with-passkey.ts'

let house: FactorHouse
beforeAll(async () => {
  house = await factorHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const refused = { code: 'AuthenticationRequired' }
const invalid = { code: 'InvalidRequest' }

async function noticesTo(email: string) {
  const jobs = house.db.selectFrom('job_outbox').select('payload').where('name', '=', sendMail.name)
  const mails = (await jobs.orderBy('id').execute()).map(({ payload }) => sendMail.parse(payload))
  return mails.filter(({ to }) => to === email).map(({ mail }) => mail.template)
}

describe('a passkey', () => {
  test('signs in to its account, again and again, and its owner is mailed that it is there', async () => {
    const one = await confirmed(house)
    const key = await addPasskey(house, one, { name: ' laptop ' })
    for (let times = 0; times < 2; times++) {
      expect((await signIn(house, one, { key })).actor.did).toBe(one.actor.did)
    }
    expect(await listPasskeys(house.db, one.actor.id)).toMatchObject([
      {
        id: key.id,
        name: 'laptop',
        counter: 3,
        transports: ['internal', 'hybrid'],
        usedAt: expect.any(Date),
      },
    ])
    const notices = await noticesTo(one.email)
    expect(notices).toContain('passkey-added')
    expect(notices.filter((it) => it === 'new-sign-in')).toHaveLength(1)
  })

  test('is asked for no second factor', async () => {
    const one = await withTotp(house)
    const confirmation = await confirmWithPassword(house.deps, one)
    const key = await addPasskey(house, { ...one, confirmation })
    expect((await signIn(house, one, { key })).actor.did).toBe(one.actor.did)
  })

  test('of one community is nothing at the other, under whichever name it comes', async () => {
    const [one, stork] = [await confirmed(house), await confirmed(house, house.there)]
    const key = await addPasskey(house, one)
    await expect(signIn(house, stork, { key })).rejects.toMatchObject(refused)
    const { rpId, origin } = { rpId: 'there.example.com', origin: 'https://there.example.com' }
    await expect(signIn(house, stork, { key, lies: { rpId, origin } })).rejects.toMatchObject(refused)
    expect((await signIn(house, one, { key })).actor.did).toBe(one.actor.did)
  })

  test.each([
    ['another origin', { origin: 'https://here.example.com.evil.example' }],
    ['another relying party', { rpId: 'evil.example' }],
    ['a person that nobody verified', { flags: 0x01 }],
    ['nobody present', { flags: 0x04 }],
    ['another type', { type: 'webauthn.create' }],
    ['another key', { signature: 'MEUCIQ' }],
  ])('with %s signs in to nothing', async (_what, lies) => {
    const one = await confirmed(house)
    const key = await addPasskey(house, one)
    await expect(signIn(house, one, { key, lies })).rejects.toMatchObject(refused)
  })

  test.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['another relying party', { rpId: 'evil.example' }],
    ['a person that nobody verified', { flags: 0x41 }],
    ['another type', { type: 'webauthn.get' }],
    ['an attestation of no kind that was asked for', { attestation: { fmt: 'apple', statement: new Map() } }],
  ])('with %s is not registered', async (_what, lies) => {
    const one = await confirmed(house)
    await expect(addPasskey(house, one, { lies })).rejects.toMatchObject(invalid)
    expect(await listPasskeys(house.db, one.actor.id)).toEqual([])
  })

  test('with a certificate is refused before anything looks for it in the network', async () => {
    const one = await confirmed(house)
    const fetches = vi.spyOn(globalThis, 'fetch')
    const statement = new Map<string, Buffer[]>([['x5c', [Buffer.from('a certificate')]]])
    const lies = { attestation: { fmt: 'packed', statement } }
    await expect(addPasskey(house, one, { lies })).rejects.toMatchObject(invalid)
    expect(fetches).not.toHaveBeenCalled()
    fetches.mockRestore()
  })

  test.each([undefined, null, 'x', {}, { response: {} }, { id: 7, response: { clientDataJSON: 'e30' } }])(
    'that is %j is refused as any other',
    async (answer) => {
      const { community, actor } = await member(house)
      await expect(signInWithPasskey(house.deps, { ...device, community, answer })).rejects.toMatchObject(
        refused,
      )
      await expect(
        registerPasskey(house.deps, { community, actor, name: 'x', answer }),
      ).rejects.toMatchObject(invalid)
    },
  )

  test('whose counter stands still or goes back is not alone: it is refused, and so is an answer of before', async () => {
    const one = await confirmed(house)
    const key = await addPasskey(house, one)
    key.counter = 7
    await signIn(house, one, { key })
    for (const counter of [7, 6, 0]) {
      key.counter = counter
      await expect(signIn(house, one, { key })).rejects.toMatchObject(refused)
    }
    key.counter = 8
    expect((await signIn(house, one, { key })).actor.did).toBe(one.actor.did)
  })

  test('that does not count signs in each time', async () => {
    const one = await confirmed(house)
    const key = await addPasskey(house, one, { key: authenticatorFor(one, { counts: false }) })
    for (let times = 0; times < 2; times++) await signIn(house, one, { key })
  })

  test('of which two answers bear the same counter at once signs in once', async () => {
    const one = await confirmed(house)
    const key = await addPasskey(house, one)
    const options = [1, 2].map(() => askForPasskey(house.deps, { community: one.community, actorId: null }))
    const answers = (await Promise.all(options)).map((it) => {
      key.counter = 9
      return key.get(it)
    })
    const { community } = one
    const tries = await Promise.allSettled(
      answers.map((answer) => signInWithPasskey(house.deps, { ...device, community, answer })),
    )
    expect(tries.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })
})

describe('a challenge', () => {
  test('is good once, at once or one after the other', async () => {
    const one = await confirmed(house)
    const key = await addPasskey(house, one)
    const { community } = one
    const options = await askForPasskey(house.deps, { community, actorId: null })
    const answers = [key.get(options), key.get(options), key.get(options)]
    const [last, ...first] = answers
    const tries = await Promise.allSettled(
      first.map((answer) => signInWithPasskey(house.deps, { ...device, community, answer })),
    )
    expect(tries.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect(signInWithPasskey(house.deps, { ...device, community, answer: last })).rejects.toMatchObject(
      refused,
    )
  })

  test('is good for five minutes, and not at their end', async () => {
    const one = await confirmed(house)
    const key = await addPasskey(house, one)
    const { community } = one
    const [early, late] = [
      await askForPasskey(house.deps, { community, actorId: null }),
      await askForPasskey(house.deps, { community, actorId: null }),
    ]
    house.forward(passkeyChallengeTtlMs - 1)
    await signInWithPasskey(house.deps, { ...device, community, answer: key.get(early) })
    house.forward(1)
    await expect(
      signInWithPasskey(house.deps, { ...device, community, answer: key.get(late) }),
    ).rejects.toMatchObject(refused)
  })

  test('is good for what it was asked for alone: of a purpose, an account, a community', async () => {
    const [one, other] = [await confirmed(house), await confirmed(house)]
    const key = await addPasskey(house, one)
    const { community, actor } = one
    const signing = await askForPasskey(house.deps, { community, actorId: null })
    const confirming = await askForPasskey(house.deps, { community, actorId: actor.id })
    const adding = await beginPasskey(house.deps, one)
    await expect(
      signInWithPasskey(house.deps, { ...device, community, answer: key.get(confirming) }),
    ).rejects.toMatchObject(refused)
    await expect(
      confirmWithPasskey(house.deps, { community, actor, answer: key.get(signing) }),
    ).rejects.toMatchObject(refused)
    const stranger = authenticatorFor(one)
    const answer = stranger.create(adding)
    await expect(registerPasskey(house.deps, { ...other, name: 'mine', answer })).rejects.toMatchObject(
      invalid,
    )
    const elsewhere = { ...other, community: house.there, name: 'mine', answer }
    await expect(registerPasskey(house.deps, elsewhere)).rejects.toMatchObject(invalid)
    await expect(
      registerPasskey(house.deps, { ...one, name: 'mine', answer: stranger.get(signing) }),
    ).rejects.toMatchObject(invalid)
    expect(await registerPasskey(house.deps, { ...one, name: 'mine', answer })).toMatchObject({
      name: 'mine',
    })
  })
})

describe('who has a passkey', () => {
  test('shows it in the place of a password, for what asks for the owner; that of another account shows nothing', async () => {
    const [one, other] = [await confirmed(house), await confirmed(house)]
    const [key, stranger] = [await addPasskey(house, one), await addPasskey(house, other)]
    const { community, actor } = one
    const asked = () => askForPasskey(house.deps, { community, actorId: actor.id })
    expect((await asked()).allowCredentials).toMatchObject([{ id: key.id }])
    const confirmation = await confirmWithPasskey(house.deps, {
      community,
      actor,
      answer: key.get(await asked()),
    })
    await addPasskey(house, { ...one, confirmation })
    await expect(
      confirmWithPasskey(house.deps, { community, actor, answer: stranger.get(await asked()) }),
    ).rejects.toMatchObject(refused)
  })

  test('names and removes his own, and nobody else’s; a removed one signs in no more, and he is mailed', async () => {
    const [one, other] = [await confirmed(house), await confirmed(house)]
    const key = await addPasskey(house, one)
    const passkeyId = key.id
    await renamePasskey(house.deps, { ...one, passkeyId, name: 'my phone' })
    expect(await listPasskeys(house.db, one.actor.id)).toMatchObject([{ name: 'my phone' }])
    const unknown = { code: 'NotFound' }
    await expect(renamePasskey(house.deps, { ...other, passkeyId, name: 'x' })).rejects.toMatchObject(unknown)
    await expect(removePasskey(house.deps, { ...other, passkeyId })).rejects.toMatchObject(unknown)
    const wrongly = { ...one, passkeyId, confirmation: other.confirmation }
    await expect(removePasskey(house.deps, wrongly)).rejects.toMatchObject(refused)
    await removePasskey(house.deps, { ...one, passkeyId })
    await expect(signIn(house, one, { key })).rejects.toMatchObject(refused)
    expect(await noticesTo(one.email)).toContain('passkey-removed')
  })

  test('has twenty of them at most, also of many that are registered at once, and none twice', async () => {
    const one = await confirmed(house)
    const key = authenticatorFor(one)
    await addPasskey(house, one, { key })
    await expect(addPasskey(house, one, { key })).rejects.toMatchObject({ code: 'AlreadyExists' })
    for (let count = 1; count < passkeysMax - 1; count++) await addPasskey(house, one)
    const [here, there] = [await beginPasskey(house.deps, one), await beginPasskey(house.deps, one)]
    const tries = await Promise.allSettled(
      [here, there].map((options) => {
        const answer = authenticatorFor(one).create(options)
        return registerPasskey(house.deps, { ...one, name: 'last', answer })
      }),
    )
    expect(tries.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect(beginPasskey(house.deps, one)).rejects.toMatchObject(invalid)
    expect(await listPasskeys(house.db, one.actor.id)).toHaveLength(passkeysMax)
  })

  test.each([
    ['', false],
    [' ', false],
    ['n'.repeat(passkeyNameLengthMax), true],
    ['n'.repeat(passkeyNameLengthMax + 1), false],
  ])('gives it a name of 1 to 64 characters: %j', async (name, isTaken) => {
    const one = await confirmed(house)
    const added = addPasskey(house, one, { name })
    await (isTaken ? added : expect(added).rejects.toMatchObject(invalid))
  })

  test.each([
    [passkeyIdBytesMax, true],
    [passkeyIdBytesMax + 1, false],
  ])('has one with an id of %d bytes: %j', async (idBytes, isTaken) => {
    const one = await confirmed(house)
    const key = authenticatorFor(one, { idBytes })
    const added = addPasskey(house, one, { key })
    await (isTaken ? added : expect(added).rejects.toMatchObject(invalid))
    if (isTaken) await signIn(house, one, { key })
  })
})

describe('an account', () => {
  test('that is taken down or suspended is told so, and not signed in; a deactivated one is', async () => {
    const [down, away] = [await confirmed(house), await confirmed(house)]
    const [key, other] = [await addPasskey(house, down), await addPasskey(house, away)]
    const [actorId, awayId] = [down.actor.id, away.actor.id]
    await setStatus(house.deps, { actorId, change: { takedownRef: 'spam' } })
    await expect(signIn(house, down, { key })).rejects.toMatchObject({ code: 'AccountTakedown' })
    await setStatus(house.deps, { actorId: awayId, change: { deactivated: { deleteAfter: null } } })
    expect((await signIn(house, away, { key: other })).actor.status).toBe('deactivated')
  })

  test('has no passkey, no challenge and no confirmation of before after a new password', async () => {
    const one = await confirmed(house)
    const key = await addPasskey(house, one)
    const begun = await beginPasskey(house.deps, one)
    const { did, communityId } = one.actor
    await inTransaction(house.db, { name: 'test' }, (tx) =>
      setPassword(tx, { communityId, did, passwordHash: 'another', now: new Date() }),
    )
    await expect(signIn(house, one, { key })).rejects.toMatchObject(refused)
    const answer = authenticatorFor(one).create(begun)
    await expect(registerPasskey(house.deps, { ...one, name: 'late', answer })).rejects.toMatchObject(invalid)
    await expect(beginPasskey(house.deps, one)).rejects.toMatchObject(refused)
    const left = house.db.selectFrom('owner_confirmation').select('hash')
    expect(await left.where('actor_id', '=', one.actor.id).execute()).toEqual([])
  })
})

describe('who has shown to be the owner', () => {
  test('counts as him for ten minutes, for his account alone, and has typed the right password', async () => {
    const [one, other] = [await confirmed(house), await confirmed(house)]
    await expect(confirmWithPassword(house.deps, { ...one, password: 'guess' })).rejects.toMatchObject(
      refused,
    )
    await expect(
      beginPasskey(house.deps, { ...other, confirmation: one.confirmation }),
    ).rejects.toMatchObject(refused)
    house.forward(ownerConfirmationTtlMs - 1)
    await beginPasskey(house.deps, one)
    house.forward(1)
    await expect(beginPasskey(house.deps, one)).rejects.toMatchObject(refused)
    await purgeTokens(house.deps)
    const left = house.db.selectFrom('owner_confirmation').select('hash')
    expect(await left.where('actor_id', '=', one.actor.id).execute()).toEqual([])
  })

  test('switches second factors without typing the password again', async () => {
    const one = await confirmed(house)
    await setEmailFactor(house.deps, { actor: one.actor, confirmation: one.confirmation, enabled: true })
    const wrongly = { actor: one.actor, confirmation: 'x', enabled: false }
    await expect(setEmailFactor(house.deps, wrongly)).rejects.toMatchObject(refused)
    expect((await findSecondFactors(house.db, one.actor.id)).email).toBe(true)
  })
})
