import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import { findAccountView } from './account-view.ts'
import { createAccount } from './create-account.ts'
import { createInviteCodes, type InviteOrder } from './create-invite-codes.ts'

let house: SignUpHouse

beforeAll(async () => {
  house = await signUpHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

test("an account is shown with its invites to its community's administrator, and to no other", async () => {
  const { db, deps, here, there } = house
  const [made] = (await order({ useCount: 2 })).codes
  const code = made?.codes[0] ?? ''
  const request = { ...someone(there), inviteCode: code }
  const { actor } = await createAccount(deps, request)
  await order({ forAccounts: [actor.did] })
  const view = await findAccountView(db, { communityId: there.id, did: actor.did })
  expect(view).toMatchObject({
    did: actor.did,
    handle: request.handle,
    email: request.email,
    invitesDisabled: false,
    invitedBy: { code, available: 2, createdBy: 'admin', uses: [{ usedBy: actor.did }] },
    invites: [{ forAccount: actor.did, uses: [] }],
  })
  expect(view).not.toHaveProperty('emailConfirmedAt')
  expect(view).not.toHaveProperty('deactivatedAt')
  expect(await findAccountView(db, { communityId: here.id, did: actor.did })).toBeUndefined()
})

test('an invite code says whose community it is of, in the form that tools know', async () => {
  const { codes } = await order({ codeCount: 2, forAccounts: ['admin', 'did:plc:alice'] })
  expect(codes.map(({ account }) => account)).toEqual(['admin', 'did:plc:alice'])
  const all = codes.flatMap((one) => one.codes)
  expect(new Set(all).size).toBe(4)
  for (const code of all) expect(code).toMatch(/^there-example-com-[a-z2-7]{5}-[a-z2-7]{5}$/)
})

test('one call makes at most 5000 codes of at most a million uses', async () => {
  const { codes } = await order({ codeCount: 2500, useCount: 1_000_000, forAccounts: ['admin', 'did:plc:a'] })
  expect(codes.map((one) => one.codes.length)).toEqual([2500, 2500])
  const tooMany = { codeCount: 5001, forAccounts: ['admin'] }
  for (const wrong of [tooMany, { codeCount: -1 }, { useCount: 1_000_001 }, { useCount: -1 }]) {
    await expect(order(wrong)).rejects.toMatchObject({ code: 'InvalidRequest' })
  }
})

test.each(['alice', '', 'did:plc:a\u0000', "'; --"])(
  'codes are made for accounts only (%#)',
  async (account) => {
    await expect(order({ forAccounts: [account] })).rejects.toMatchObject({ code: 'InvalidRequest' })
  },
)

function order(change: Partial<InviteOrder>) {
  const usual = { community: house.there, codeCount: 1, useCount: 1, forAccounts: ['admin'] }
  return createInviteCodes(house.db, { ...usual, ...change })
}
