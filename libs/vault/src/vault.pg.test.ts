import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifySignature } from './secp256k1.ts'
import { createVault, type Vault } from './vault.ts'

let database: TestDatabase
let db: Database
const first = { id: 'first', key: new Uint8Array(32).fill(1) }
const second = { id: 'second', key: new Uint8Array(32).fill(2) }
let nextId = 1n

beforeAll(async () => {
  database = await testDatabase()
  db = database.db
})
afterAll(() => database[Symbol.asyncDispose]())

test("an actor's signer signs with the actor's key, from the row alone", async () => {
  const vault = createVault({ db, keyEncryptionKeys: [first] })
  const { actorId, didKey } = await sealedActor(vault)
  const signer = await createVault({ db, keyEncryptionKeys: [first] }).signer(actorId)
  const bytes = Buffer.from('a commit')
  expect(signer.didKey).toBe(didKey)
  expect(verifySignature(bytes, { didKey, signature: signer.sign(bytes) })).toBe(true)
})

test('as many unsealed keys as the limit stay in memory, and one more puts the one unused for longest out', async () => {
  const vault = createVault({ db, keyEncryptionKeys: [first], cacheMax: 2 })
  const actors = [await sealedActor(vault), await sealedActor(vault), await sealedActor(vault)]
  const signers = []
  for (const { actorId } of actors.slice(0, 2)) signers.push(await vault.signer(actorId))
  const again = []
  for (const { actorId } of actors.slice(0, 2)) again.push(await vault.signer(actorId))
  expect(again[0]).toBe(signers[0])
  expect(again[1]).toBe(signers[1])
  await vault.signer((actors[2] as (typeof actors)[0]).actorId)
  expect(await vault.signer((actors[1] as (typeof actors)[0]).actorId)).toBe(signers[1])
  expect(await vault.signer((actors[0] as (typeof actors)[0]).actorId)).not.toBe(signers[0])
})

test('the private key is nowhere in the row', async () => {
  const { actorId, privateKey } = await sealedActor(createVault({ db, keyEncryptionKeys: [first] }))
  const row = await db
    .selectFrom('signing_key')
    .selectAll()
    .where('actor_id', '=', actorId)
    .executeTakeFirstOrThrow()
  expect(Buffer.from(row.sealed).includes(Buffer.from(privateKey))).toBe(false)
})

test('another secret of an actor is sealed for that actor and use, and stays readable when a new key seals', () => {
  const [mine, theirs] = [1n, 2n] as ActorId[]
  const actorId = mine as ActorId
  const plain = new Uint8Array(20).fill(7)
  const vault = createVault({ db, keyEncryptionKeys: [first] })
  const stored = vault.sealSecret({ actorId, use: 'totp', plain })
  expect(Buffer.from(stored.sealed).includes(Buffer.from(plain))).toBe(false)
  const rotated = createVault({ db, keyEncryptionKeys: [second, first] })
  expect(rotated.unsealSecret({ actorId, use: 'totp', ...stored })).toEqual(plain)
  expect(() => vault.unsealSecret({ actorId: theirs as ActorId, use: 'totp', ...stored })).toThrow()
  expect(() => vault.unsealSecret({ actorId, use: 'other', ...stored })).toThrow()
  const stranger = createVault({ db, keyEncryptionKeys: [second] })
  expect(() => stranger.unsealSecret({ actorId, use: 'totp', ...stored })).toThrow('lacks')
})

test('a row copied to another actor, or changed in one bit, does not open', async () => {
  const vault = createVault({ db, keyEncryptionKeys: [first] })
  const mine = await sealedActor(vault)
  const theirs = await sealedActor(vault)
  const row = await db
    .selectFrom('signing_key')
    .selectAll()
    .where('actor_id', '=', mine.actorId)
    .executeTakeFirstOrThrow()
  await db
    .updateTable('signing_key')
    .set({ did_key: row.did_key, sealed: row.sealed })
    .where('actor_id', '=', theirs.actorId)
    .execute()
  await expect(vault.signer(theirs.actorId)).rejects.toThrow()
  const flipped = Uint8Array.from(row.sealed, (byte, index) => (index === 20 ? byte ^ 1 : byte))
  await db.updateTable('signing_key').set({ sealed: flipped }).where('actor_id', '=', mine.actorId).execute()
  await expect(vault.signer(mine.actorId)).rejects.toThrow()
})

test('a new key-encryption key seals, and the one before still opens', async () => {
  const before = await sealedActor(createVault({ db, keyEncryptionKeys: [first] }))
  const vault = createVault({ db, keyEncryptionKeys: [second, first] })
  const after = await sealedActor(vault)
  expect((await vault.signer(before.actorId)).didKey).toBe(before.didKey)
  expect((await vault.signer(after.actorId)).didKey).toBe(after.didKey)
  const old = createVault({ db, keyEncryptionKeys: [first] })
  await expect(old.signer(after.actorId)).rejects.toThrow('lacks the key-encryption key second')
})

test('the check finds a key-encryption key that is missing, whether it sealed first or last', async () => {
  await using database = await testDatabase()
  const vaultOf = (...keyEncryptionKeys: (typeof first)[]) =>
    createVault({ db: database.db, keyEncryptionKeys })
  await vaultOf(first).check()
  for (const [number, kek] of [first, second].entries()) {
    const key = { actorId: BigInt(number + 1) as ActorId, ...vaultOf(kek).generate() }
    await inTransaction(database.db, { name: 'seal' }, (tx) => vaultOf(kek).seal(tx, key))
  }
  await vaultOf(second, first).check()
  await expect(vaultOf(first).check()).rejects.toThrow('lacks the key-encryption key second')
  await expect(vaultOf(second).check()).rejects.toThrow('lacks the key-encryption key first')
})

test('a discarded key is gone, from memory too', async () => {
  const vault = createVault({ db, keyEncryptionKeys: [first] })
  const { actorId } = await sealedActor(vault)
  await vault.signer(actorId)
  await inTransaction(db, { name: 'discard' }, (tx) => vault.discard(tx, actorId))
  await expect(vault.signer(actorId)).rejects.toThrow('has no signing key')
})

test('a vault without a usable key-encryption key does not open', () => {
  expect(() => createVault({ db, keyEncryptionKeys: [] })).toThrow('is needed')
  const short = { id: 'short', key: new Uint8Array(31) }
  expect(() => createVault({ db, keyEncryptionKeys: [first, short] })).toThrow('has not 32 bytes')
})

async function sealedActor(vault: Vault) {
  const actorId = nextId++ as ActorId
  const pair = vault.generate()
  await inTransaction(db, { name: 'seal' }, (tx) => vault.seal(tx, { actorId, ...pair }))
  return { actorId, ...pair }
}
