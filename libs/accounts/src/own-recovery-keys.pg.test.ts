import { inTransaction } from '@heronry/db/in-transaction'
import { didKeyOfPrivateKey, generatePrivateKey } from '@heronry/vault/secp256k1'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import { createAccount } from './create-account.ts'
import { emailPurposes, issueEmailToken } from './email-token.ts'
import { rotationKeysMax } from './limits.ts'
import { addRecoveryKey, listRotationKeys, removeRecoveryKey } from './own-recovery-keys.ts'

let house: SignUpHouse
beforeAll(async () => {
  house = await signUpHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const newKey = () => didKeyOfPrivateKey(generatePrivateKey())

async function member() {
  const { here: community, deps } = house
  const { actor } = await createAccount(deps, someone(community))
  const code = async () => {
    const slot = { actorId: actor.id, purpose: emailPurposes.plcOperation, now: new Date() }
    return (await inTransaction(house.db, { name: 'test' }, (tx) => issueEmailToken(tx, slot))).token
  }
  const add = async (didKey: string, token?: string) =>
    addRecoveryKey(deps, { community, actor, didKey, token: token ?? (await code()) })
  const remove = async (didKey: string) =>
    removeRecoveryKey(deps, { community, actor, didKey, token: await code() })
  const keys = async () => (await listRotationKeys(deps, actor))?.map(({ didKey }) => didKey)
  return { actor, add, remove, keys }
}

test('a key of the owner’s stands before all others, and is taken away again', async () => {
  const { actor, add, remove, keys } = await member()
  const houseKey = house.deps.rotation.didKey
  expect(await listRotationKeys(house.deps, actor)).toEqual([{ didKey: houseKey, whose: 'house' }])
  const own = newKey()
  await add(own)
  expect(await listRotationKeys(house.deps, actor)).toEqual([
    { didKey: own, whose: 'own' },
    { didKey: houseKey, whose: 'house' },
  ])
  const withOperator = { ...house.deps, recoveryDidKey: own }
  expect((await listRotationKeys(withOperator, actor))?.[0]?.whose).toBe('operator')
  await remove(own)
  expect(await keys()).toEqual([houseKey])
})

test('takes the code of the mail, and a key that PLC knows', async () => {
  const { add, keys } = await member()
  const before = await keys()
  await expect(add(newKey(), 'AAAAA-AAAAA')).rejects.toMatchObject({ code: 'InvalidToken' })
  await expect(add('did:key:zNonsense')).rejects.toMatchObject({ code: 'InvalidRequest' })
  await expect(add('')).rejects.toMatchObject({ code: 'InvalidRequest' })
  expect(await keys()).toEqual(before)
})

test('the house’s key stays, one is there once, and there are five at most', async () => {
  const { add, remove, keys } = await member()
  await expect(remove(house.deps.rotation.didKey)).rejects.toMatchObject({ code: 'NotFound' })
  await expect(remove(newKey())).rejects.toMatchObject({ code: 'NotFound' })
  const own = newKey()
  await add(own)
  await expect(add(own)).rejects.toMatchObject({ code: 'AlreadyExists' })
  while (((await keys())?.length ?? 0) < rotationKeysMax) await add(newKey())
  await expect(add(newKey())).rejects.toMatchObject({ code: 'InvalidRequest', message: /at most 5/ })
})
