import type { CommunityId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mailSuppressionMs } from './limits.ts'
import { findMailSuppression, liftMailSuppression, suppressMail } from './mail-suppression.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

const herons = 1 as CommunityId
const storks = 2 as CommunityId

test('an address that was refused for good is kept as a hash, for its community, until it is given back or its time is over', async () => {
  const db = database.as('heronry_email')
  const where = { communityId: herons, address: 'Grey@example.com' }
  const found = async (communityId: CommunityId) =>
    (await findMailSuppression(db, { communityId, address: 'grey@EXAMPLE.com' }))?.code
  await suppressMail(db, { ...where, code: 550 })
  await suppressMail(db, { ...where, code: 551 })
  await suppressMail(db, { ...where, communityId: storks, code: 553 })
  expect([await found(herons), await found(storks)]).toEqual([551, 553])
  expect(JSON.stringify(await db.selectFrom('mail_suppression').selectAll().execute())).not.toMatch(/grey/i)
  const age = (ms: number) =>
    sql`UPDATE mail_suppression SET at = now() - ${ms} * interval '1 ms'`.execute(database.db)
  await age(mailSuppressionMs - 60_000)
  expect(await found(herons)).toBe(551)
  await age(mailSuppressionMs)
  expect(await found(herons)).toBeUndefined()
  await suppressMail(db, { ...where, code: 550 })
  expect(await found(herons)).toBe(550)
  const entryway = database.as('heronry_entryway')
  const lift = () => inTransaction(entryway, { name: 'test' }, (tx) => liftMailSuppression(tx, where))
  expect([await lift(), await lift(), await found(herons)]).toEqual([true, false, undefined])
})
