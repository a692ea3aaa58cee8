import { randomBytes } from 'node:crypto'
import type { Did } from '@heronry/core/did'
import type { CommunityId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { purgeReservedKeys, reserveKey, takeReservedKey } from './reserved-keys.ts'
import { didKeyOfPrivateKey } from './secp256k1.ts'
import { createVault, type Vault } from './vault.ts'

const [here, there] = [1, 2] as CommunityId[]
const did = 'did:web:heron.example.com' as Did
const later = () => new Date(Date.now() + 60_000)

let database: TestDatabase
let vault: Vault
beforeAll(async () => {
  database = await testDatabase()
  vault = createVault({ db: database.db, keyEncryptionKeys: [{ id: 'a', key: randomBytes(32) }] })
})
afterAll(() => database[Symbol.asyncDispose]())
beforeEach(() => database.db.deleteFrom('reserved_signing_key').execute())

const reserve = (change: { communityId?: CommunityId; did?: Did; expiresAt?: Date; keysMax?: number } = {}) =>
  inTransaction(database.db, { name: 'reserve' }, (tx) => {
    const { keysMax, ...reservation } = change
    const options = { vault, ...(keysMax !== undefined && { keysMax }) }
    return reserveKey(tx, options, { communityId: here as CommunityId, expiresAt: later(), ...reservation })
  })
const take = (communityId = here as CommunityId, by = vault) =>
  inTransaction(database.db, { name: 'take' }, (tx) =>
    takeReservedKey(tx, { vault: by }, { communityId, did }),
  )

test('a key is kept for its DID and community, sealed, and taken once', async () => {
  const keys = await Promise.all([reserve({ did }), reserve({ did }), reserve({ did })])
  expect(new Set(keys).size).toBe(1)
  const elsewhere = await reserve({ did, communityId: there as CommunityId })
  const taken = await Promise.all([take(), take()])
  const [key] = taken.filter((it) => it !== undefined)
  expect(taken.filter((it) => it === undefined)).toHaveLength(1)
  expect(key?.didKey).toBe(keys[0])
  expect(didKeyOfPrivateKey(key?.privateKey ?? new Uint8Array())).toBe(keys[0])
  expect((await take(there))?.didKey).toBe(elsewhere)
})

test('what stands in the table is no key, and opens for its own public half alone', async () => {
  await reserve({ did })
  const row = await database.db
    .selectFrom('reserved_signing_key')
    .select(['sealed', 'did_key as didKey', 'kek_id as kekId'])
    .executeTakeFirstOrThrow()
  const { privateKey } = vault.unsealReserved(row)
  expect(Buffer.from(row.sealed).includes(Buffer.from(privateKey))).toBe(false)
  expect(() => vault.unsealReserved({ ...row, didKey: vault.generate().didKey })).toThrow()
  const stranger = createVault({ db: database.db, keyEncryptionKeys: [{ id: 'b', key: randomBytes(32) }] })
  await expect(take(here, stranger)).rejects.toThrow('HERONRY_KEK lacks the key-encryption key a')
  expect(await take()).toBeDefined()
})

test('a community keeps as many as the limit, also when all are asked for at once, and others keep theirs', async () => {
  const asked = await Promise.allSettled(Array.from({ length: 6 }, () => reserve({ keysMax: 4 })))
  expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(4)
  await expect(reserve({ keysMax: 4 })).rejects.toMatchObject({ code: 'ServiceUnavailable' })
  expect(await reserve({ keysMax: 4, communityId: there as CommunityId })).toMatch(/^did:key:/)
})

test('a key that is asked for again is kept for longer; one that nobody comes for is forgotten', async () => {
  const past = new Date(Date.now() - 1)
  const kept = await reserve({ did, expiresAt: past })
  await reserve({ expiresAt: past })
  expect(await reserve({ did })).toBe(kept)
  await purgeReservedKeys(database.db, { now: new Date() })
  const rows = await database.db.selectFrom('reserved_signing_key').select('did_key').execute()
  expect(rows).toEqual([{ did_key: kept }])
})
