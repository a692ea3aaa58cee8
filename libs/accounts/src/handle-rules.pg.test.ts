import type { Did } from '@heronry/core/did'
import { inTransaction } from '@heronry/db/in-transaction'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import { createAccount } from './create-account.ts'
import { editHandleRules } from './edit-handle-rules.ts'
import { type HandleRule, listHandleRules } from './handle-rule-store.ts'
import { assertHandleAllowed } from './handle-rules.ts'
import { handleRuleLengthMax, handleRuleLengthMin, handleRulesMax } from './limits.ts'

let house: SignUpHouse
beforeAll(async () => {
  house = await signUpHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const did = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz' as Did
const allowed = (handle: string, more: { did?: Did; asAdmin?: boolean } = {}) =>
  assertHandleAllowed(house.deps, { community: house.here, handle, ...more })

const editRules = (change: Parameters<typeof editHandleRules>[1]) =>
  inTransaction(house.deps.db, { name: 'edit' }, (tx) => editHandleRules(tx, change))

describe('a handle', () => {
  test.each([
    ['ABC.test', 'abc.test'],
    [`${'a'.repeat(18)}.test`, `${'a'.repeat(18)}.test`],
    ['scunthorpe.test', 'scunthorpe.test'],
    ['therapist.test', 'therapist.test'],
    ['adm1n.test', 'adm1n.test'],
  ])('%s may be had', async (handle, expected) => {
    expect(await allowed(handle)).toBe(expected)
  })

  test.each([
    ['alice', 'InvalidHandle', 'Input/handle must be a valid handle'],
    ['alice.local', 'InvalidHandle', 'Handle TLD is invalid or disallowed'],
    ['alice.arpa', 'InvalidHandle', 'Handle TLD is invalid or disallowed'],
    ['alice.invalid', 'InvalidHandle', 'Handle TLD is invalid or disallowed'],
    ['alice.localhost', 'InvalidHandle', 'Handle TLD is invalid or disallowed'],
    ['alice.internal', 'InvalidHandle', 'Handle TLD is invalid or disallowed'],
    ['alice.example', 'InvalidHandle', 'Handle TLD is invalid or disallowed'],
    ['alice.alt', 'InvalidHandle', 'Handle TLD is invalid or disallowed'],
    ['alice.onion', 'InvalidHandle', 'Handle TLD is invalid or disallowed'],
    ['sieg-heil.test', 'InvalidHandle', 'Inappropriate language in handle'],
    ['xxsiegheilxx.test', 'InvalidHandle', 'Inappropriate language in handle'],
    ['5ieghe1l.test', 'InvalidHandle', 'Inappropriate language in handle'],
    ['sieg.heil.example.org', 'InvalidHandle', 'Inappropriate language in handle'],
    ['a.b.test', 'InvalidHandle', 'Invalid characters in handle'],
    ['ab.test', 'InvalidHandle', 'Handle too short'],
    [`${'a'.repeat(19)}.test`, 'InvalidHandle', 'Handle too long'],
    ['admin.test', 'HandleNotAvailable', 'Reserved handle'],
    ['there.test', 'HandleNotAvailable', 'Reserved handle'],
    ['alice.example.org', 'UnsupportedDomain', 'Not a supported handle domain'],
  ])('%s may not: %s', async (handle, code, message) => {
    await expect(allowed(handle)).rejects.toMatchObject({ code, message })
  })

  test('that is reserved or inappropriate may be given by an administrator, and nothing else that is refused', async () => {
    expect(await allowed('admin.test', { did, asAdmin: true })).toBe('admin.test')
    expect(await allowed('siegheil.test', { did, asAdmin: true })).toBe('siegheil.test')
    const refused = [
      'ab.test',
      'alice.onion',
      'a.b.test',
      'there.test',
      'here.example.com',
      'alice.example.org',
    ]
    for (const handle of refused) {
      await expect(allowed(handle, { did, asAdmin: true })).rejects.toThrow()
    }
  })

  test("that is a house's own name is nobody's, although the world says so", async () => {
    house.dns.records.set('_atproto.there.example.com', [`did=${did}`])
    await expect(allowed('there.example.com', { did })).rejects.toMatchObject({ code: 'HandleNotAvailable' })
  })
})

describe("a community's own rules", () => {
  const heron = { kind: 'reserved', word: 'greyheron' } as const
  const croak = { kind: 'inappropriate', word: 'croak' } as const

  test('are added to those of the software, for sign-ups too, and are nothing to another community', async () => {
    const { here, there, db, deps } = house
    await editRules({ communityId: here.id, add: [heron, { ...croak, word: 'CROAK' }], remove: [] })
    await expect(allowed('greyheron.test')).rejects.toMatchObject({ code: 'HandleNotAvailable' })
    const request = { ...someone(here), handle: 'c-r0-ak.test' }
    await expect(createAccount(deps, request)).rejects.toMatchObject({
      message: 'Inappropriate language in handle',
    })
    await expect(allowed('admin.test')).rejects.toMatchObject({ code: 'HandleNotAvailable' })
    const elsewhere = { community: there, handle: 'greyheron.there.test' }
    expect(await assertHandleAllowed(deps, elsewhere)).toBe('greyheron.there.test')
    expect(await listHandleRules(db, there.id)).toEqual([])

    await editRules({ communityId: here.id, add: [], remove: [heron, croak] })
    expect(await allowed('greyheron.test')).toBe('greyheron.test')
    expect(await allowed('croaker.test')).toBe('croaker.test')
  })

  test('allow what the software reserves or finds inappropriate', async () => {
    const { here } = house
    const add: HandleRule[] = [
      { kind: 'allowed', word: 'support' },
      { kind: 'allowed', word: 'cuntz' },
    ]
    await editRules({ communityId: here.id, add, remove: [] })
    expect(await allowed('support.test')).toBe('support.test')
    expect(await allowed('cuntz-family.test')).toBe('cuntz-family.test')
    // Only where it stands; and what is left does not join up.
    await expect(allowed('cuntz-cunt.test')).rejects.toMatchObject({ code: 'InvalidHandle' })
    expect(await allowed('siegcuntzheil.test')).toBe('siegcuntzheil.test')
    await editRules({ communityId: here.id, add: [], remove: add })
  })

  test('are as many as the limit, and not one more; then none of them is changed', async () => {
    const { there } = house
    const communityId = there.id
    const words = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, n): HandleRule => ({ kind: 'reserved', word: `word${from + n}` }))
    await editRules({ communityId, add: words(0, handleRulesMax), remove: [] })
    const oneMore = words(handleRulesMax, handleRulesMax + 1)
    await expect(editRules({ communityId, add: oneMore, remove: [] })).rejects.toMatchObject({
      code: 'InvalidRequest',
    })
    const instead = { communityId, add: oneMore, remove: words(0, 1) }
    expect(await editRules(instead)).toHaveLength(handleRulesMax)
    await editRules({ communityId, add: [], remove: words(0, handleRulesMax + 1) })
  })

  test.each([
    ['x'.repeat(handleRuleLengthMin), true],
    ['x'.repeat(handleRuleLengthMin - 1), false],
    ['x'.repeat(handleRuleLengthMax), true],
    ['x'.repeat(handleRuleLengthMax + 1), false],
    ['two words', false],
    ['', false],
    ['käse', false],
    ["x'; DROP TABLE actor", false],
  ])('are words of a handle: %s', async (word, isFine) => {
    const { here } = house
    const rule: HandleRule = { kind: 'inappropriate', word }
    const edit = editRules({ communityId: here.id, add: [rule], remove: [] })
    if (!isFine) return await expect(edit).rejects.toMatchObject({ code: 'InvalidRequest' })
    expect(await edit).toContainEqual(rule)
    await editRules({ communityId: here.id, add: [], remove: [rule] })
  })
})
