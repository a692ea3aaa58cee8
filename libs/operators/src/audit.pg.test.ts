import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { audit } from './audit.ts'
import { type AuditEntry, auditHash } from './audit-entry.ts'
import { ensureAuditPartitions, monthOf } from './audit-partitions.ts'
import {
  auditAddressCharsMax,
  auditReasonCharsMax,
  auditSubjectBytesMax,
  auditSubjectCharsMax,
} from './limits.ts'
import { listAudit } from './list-audit.ts'
import { verifyAudit } from './verify-audit.ts'

const [herons, storks] = [1, 2] as CommunityId[] as [CommunityId, CommunityId]
let database: TestDatabase
/** With the rights of the service that appends. */
let db: Database
beforeAll(async () => {
  database = await testDatabase({ poolMax: 20 })
  db = database.as('heronry_entryway')
  await ensureAuditPartitions(db)
})
afterAll(() => database[Symbol.asyncDispose]())
beforeEach(async () => {
  await sql`TRUNCATE audit_log, audit_head`.execute(database.db)
})

const entry = (change: Partial<AuditEntry> = {}): AuditEntry => ({
  communityId: herons,
  at: new Date(),
  principal: 'legacy-admin',
  address: '192.0.2.1',
  method: 'com.atproto.admin.updateSubjectStatus',
  subject: 'did:plc:grey',
  reason: 'spam',
  before: { status: 'active', count: 1 },
  after: { takedown: null, codes: ['a', 'b'], status: 'takendown' },
  outcome: 'done',
  error: null,
  ...change,
})
const append = (change: Partial<AuditEntry> = {}) =>
  inTransaction(db, { name: 'act' }, (tx) => audit(tx, entry(change)))
const verify = (communityId = herons) => verifyAudit(db, { communityId, limit: 1000 })
const list = (communityId = herons) => listAudit(db, { communityId, limit: 1000, order: 'oldest' })

test('what was written is read as it was, in one chain for each community', async () => {
  await append()
  await append({ communityId: storks, subject: null, reason: null, before: null, after: null })
  await append({ outcome: 'refused', error: 'NotFound' })
  const rows = await list()
  expect(rows).toMatchObject([
    { ...entry({ at: rows[0]?.at as Date }), seq: 1 },
    { seq: 2, outcome: 'refused', error: 'NotFound' },
  ])
  expect(rows[1]?.prev).toEqual(rows[0]?.hash)
  expect(await list(storks)).toMatchObject([{ seq: 1, communityId: storks, subject: null, before: null }])
  expect(await verify()).toMatchObject({ verified: 2, head: { seq: 2 }, fault: undefined })
  expect(await verify(storks)).toMatchObject({ verified: 1, head: { seq: 1 }, fault: undefined })
})

test('many who append at once make one chain, without a gap where some roll back', async () => {
  const acts = Array.from({ length: 60 }, async (_, n) => {
    const act = inTransaction(db, { name: 'act' }, async (tx) => {
      await audit(tx, entry({ subject: `did:plc:${n}`, communityId: n % 4 === 0 ? storks : herons }))
      if (n % 5 === 1) throw new Error('rolled back')
    })
    await act.catch((error: Error) => expect(error.message).toBe('rolled back'))
  })
  await Promise.all(acts)
  const [ours, theirs] = [await list(), await list(storks)]
  expect(ours.length + theirs.length).toBe(48)
  expect(ours.map(({ seq }) => seq)).toEqual(ours.map((_, index) => index + 1))
  expect(await verify()).toMatchObject({ verified: ours.length, fault: undefined })
  expect(await verify(storks)).toMatchObject({ verified: theirs.length, fault: undefined })
})

describe('whoever has all rights in the database and tampers with the log is found', () => {
  const at = (seq: number, set: string) =>
    `UPDATE audit_log SET ${set} WHERE community_id = 1 AND seq = ${seq}`
  test.each<[what: string, statement: string, fault: { seq: number; fault: string }]>([
    ['the subject', at(3, "subject = 'did:plc:white'"), { seq: 3, fault: 'altered' }],
    ['the time', at(3, "at = at + interval '1 ms'"), { seq: 3, fault: 'altered' }],
    ['the principal', at(1, "principal = 'x'"), { seq: 1, fault: 'altered' }],
    ['the address', at(5, "address = 'x'"), { seq: 5, fault: 'altered' }],
    ['the method', at(3, "method = 'x'"), { seq: 3, fault: 'altered' }],
    ['the reason', at(3, 'reason = NULL'), { seq: 3, fault: 'altered' }],
    ['what was', at(3, `before = '{}'`), { seq: 3, fault: 'altered' }],
    ['what became', at(3, `after = jsonb_set(after, '{status}', '"active"')`), { seq: 3, fault: 'altered' }],
    ['the outcome', at(3, "outcome = 'failed'"), { seq: 3, fault: 'altered' }],
    ['the error', at(3, "error = 'x'"), { seq: 3, fault: 'altered' }],
    ['the link', at(3, "prev = decode(repeat('00', 32), 'hex')"), { seq: 3, fault: 'altered' }],
    ['the hash', at(3, "hash = decode(repeat('00', 32), 'hex')"), { seq: 3, fault: 'altered' }],
    [
      'the first row',
      'DELETE FROM audit_log WHERE community_id = 1 AND seq = 1',
      { seq: 1, fault: 'missing' },
    ],
    ['a row', 'DELETE FROM audit_log WHERE community_id = 1 AND seq = 3', { seq: 3, fault: 'missing' }],
    ['the last row', 'DELETE FROM audit_log WHERE community_id = 1 AND seq = 5', { seq: 5, fault: 'end' }],
    ['every row', 'DELETE FROM audit_log WHERE community_id = 1', { seq: 1, fault: 'end' }],
    ['the end', 'DELETE FROM audit_head WHERE community_id = 1', { seq: 1, fault: 'end' }],
    [
      'the order',
      'UPDATE audit_log SET seq = 7 - seq, month = month + 1 WHERE community_id = 1 AND seq IN (3, 4)',
      { seq: 3, fault: 'altered' },
    ],
    [
      'the community',
      'UPDATE audit_log SET community_id = 1, seq = 6 WHERE community_id = 2',
      { seq: 6, fault: 'altered' },
    ],
    [
      'the number of copies',
      `INSERT INTO audit_log SELECT community_id, seq, month + 1, at, principal, address, method, subject, reason, before, after, outcome,
         error, prev, hash FROM audit_log WHERE community_id = 1 AND seq = 3`,
      { seq: 3, fault: 'twice' },
    ],
  ])('%s', async (_, statement, fault) => {
    for (let n = 1; n <= 5; n++) await append({ subject: `did:plc:${n}` })
    await append({ communityId: storks })
    expect((await verify()).fault).toBeUndefined()
    await sql.raw(statement).execute(database.db)
    expect((await verify()).fault).toEqual(fault)
    // Page by page it is found as well.
    const verdicts = await verifyInPages(2)
    expect(verdicts.at(-1)?.fault).toEqual(fault)
  })

  test('a row that was hashed anew does not fit the next one', async () => {
    for (let n = 1; n <= 3; n++) await append()
    const [, second] = await list()
    if (second === undefined) throw new Error('three rows')
    const forged = auditHash({ ...second, subject: 'did:plc:forged' })
    await database.db
      .updateTable('audit_log')
      .set({ subject: 'did:plc:forged', hash: forged })
      .where('seq', '=', 2n)
      .execute()
    expect((await verify()).fault).toEqual({ seq: 3, fault: 'unlinked' })
  })
})

test('a long chain is verified page by page, while it grows', async () => {
  for (let n = 1; n <= 7; n++) await append()
  const verdicts = await verifyInPages(3, append)
  expect(verdicts.map(({ verified }) => verified)).toEqual([3, 6, 9])
  expect(verdicts.every(({ fault }) => fault === undefined)).toBe(true)
})

async function verifyInPages(limit: number, meanwhile = async () => {}) {
  const verdicts: Awaited<ReturnType<typeof verifyAudit>>[] = []
  for (let after = 0; ; ) {
    const verdict = await verifyAudit(db, { communityId: herons, after, limit })
    verdicts.push(verdict)
    if (verdict.fault !== undefined || verdict.verified === verdict.head.seq) return verdicts
    after = verdict.verified
    await meanwhile()
  }
}

test('rows are listed from either end, in pages, by subject and by method, and none of another community', async () => {
  for (let n = 1; n <= 4; n++)
    await append({ subject: `did:plc:${n % 2}`, method: n < 3 ? 'a.b.c' : 'd.e.f' })
  await append({ communityId: storks, subject: 'did:plc:1' })
  const numbers = async (query: Partial<Parameters<typeof listAudit>[1]>) =>
    (await listAudit(db, { communityId: herons, limit: 10, order: 'newest', ...query })).map(({ seq }) => seq)
  expect(await numbers({})).toEqual([4, 3, 2, 1])
  expect(await numbers({ limit: 2 })).toEqual([4, 3])
  expect(await numbers({ limit: 2, after: 3 })).toEqual([2, 1])
  expect(await numbers({ order: 'oldest', after: 2 })).toEqual([3, 4])
  expect(await numbers({ subject: 'did:plc:1' })).toEqual([3, 1])
  expect(await numbers({ method: 'd.e.f' })).toEqual([4, 3])
})

test.each([
  ['subject', auditSubjectCharsMax],
  ['reason', auditReasonCharsMax],
  ['address', auditAddressCharsMax],
] as const)('a %s is kept up to its limit, and past it cut off', async (field, max) => {
  await append({ [field]: 'x'.repeat(max) })
  await append({ [field]: `${'x'.repeat(max)}y` })
  await append({ [field]: `${'x'.repeat(max - 1)}\u{1f426}` })
  await append({ [field]: 'a\0b' })
  const texts = (await list()).map((row) => row[field])
  expect(texts).toEqual(['x'.repeat(max), 'x'.repeat(max), `${'x'.repeat(max - 1)}\u{fffd}`, 'a\u{fffd}b'])
  expect((await verify()).fault).toBeUndefined()
})

test('a subject of other letters is kept as long as the index takes it', async () => {
  // No two alike, so that Postgres cannot make it smaller.
  const letters = Array.from({ length: auditSubjectCharsMax }, (_, n) => String.fromCharCode(0x4e00 + n * 7))
  const fitting = `${letters.slice(0, 866).join('')}ab`
  expect(Buffer.byteLength(fitting)).toBe(auditSubjectBytesMax)
  for (const subject of [fitting, `${fitting}c`, letters.join('')]) await append({ subject })
  const subjects = (await list()).map(({ subject }) => subject)
  expect(subjects).toEqual([fitting, fitting, `${letters.slice(0, 866).join('')}\u{fffd}`])
  expect((await verify()).fault).toBeUndefined()
})

test('a month without a partition takes no row; made ahead, it does, by any number at once', async () => {
  const later = new Date('2031-12-31T23:59:59.999Z')
  await expect(append({ at: later })).rejects.toThrow('no partition')
  await Promise.all([1, 2, 3].map(() => ensureAuditPartitions(db, { now: later })))
  await append({ at: later })
  await append({ at: new Date('2032-01-01T00:00:00.000Z') })
  await append()
  expect((await verify()).fault).toBeUndefined()
  expect(monthOf(later)).toBe(12 * 2031 + 11)
})
