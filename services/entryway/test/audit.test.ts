import { monthOf } from '@heronry/operators/audit-partitions'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminCalls, callAdmin, repoRef, somebody } from './admin-calls.ts'
import { ask, type Question } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'

let house: EntrywayHouse
beforeAll(async () => {
  house = await entrywayHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const herons = { at: 'herons', admin: 'herons-secret' } as const
const storks = { at: 'storks', admin: 'storks-secret' } as const
const admin = (method: string) => `com.atproto.admin.${method}`
const own = (method: string) => `host.heronry.admin.${method}`

interface Entry {
  seq: number
  method: string
  subject?: string
  outcome: string
  [field: string]: unknown
}

const listAudit = (params: Record<string, string> = {}, question: Question = herons) =>
  ask(house, `${own('listAudit')}?${new URLSearchParams(params)}`, question)
const log = async (params?: Record<string, string>, question?: Question): Promise<Entry[]> =>
  (await listAudit(params, question)).body.entries
const headSeq = async (question?: Question) => (await log({ limit: '1' }, question))[0]?.seq ?? 0
const since = (seq: number, question?: Question) => log({ order: 'oldest', cursor: String(seq) }, question)
const verify = async (question: Question = herons) => (await ask(house, own('verifyAudit'), question)).body

test('a row says who, from where, on whom, why, what was and what has become', async () => {
  const { did } = await somebody(house)
  const input = { subject: repoRef(did), takedown: { applied: true, ref: 'spam' } }
  await ask(house, admin('updateSubjectStatus'), { ...herons, input })
  expect((await log({ limit: '1' }))[0]).toMatchObject({
    principal: 'legacy-admin',
    address: '127.0.0.1',
    method: admin('updateSubjectStatus'),
    subject: did,
    reason: 'spam',
    before: { status: 'active' },
    after: { status: 'takendown', takedownRef: 'spam' },
    outcome: 'done',
  })
})

describe('a method that asks for the admin password', () => {
  /** They show no member's data. */
  const unaudited = [own('getStatus'), own('listAudit'), own('verifyAudit')]

  test('is audited, and its calls are looked at here', () => {
    const mine = house.methods.filter(({ auth, schema }) => {
      return auth === house.auth.admin || /^(com\.atproto|host\.heronry)\.admin\./.test(schema.nsid)
    })
    const audited = mine.filter(({ ended }) => ended !== undefined).map(({ schema }) => schema.nsid)
    expect(mine.filter(({ ended }) => ended === undefined).map(({ schema }) => schema.nsid)).toEqual(
      unaudited,
    )
    expect(audited.sort()).toEqual(Object.keys(adminCalls).sort())
  })

  test.each(Object.keys(adminCalls))('%s: a call ends in one row, done or refused', async (nsid) => {
    const person = await somebody(house)
    const seq = await headSeq()
    const call = (question: Question) => callAdmin(house, { nsid, person, question })
    expect((await call({ at: 'herons' })).status).toBe(401)
    // From an address of its own: there are more methods than one address may guess.
    const remoteAddress = `192.0.2.${Object.keys(adminCalls).indexOf(nsid)}`
    expect((await call({ at: 'herons', admin: storks.admin, remoteAddress })).status).toBe(401)
    expect((await call({ ...herons })).status).toBe(200)
    // An act that is no transaction of the house says before that it has begun.
    const all = await since(seq)
    const rows = all.filter(({ outcome }) => outcome !== 'begun')
    expect(rows).toMatchObject([
      { method: nsid, principal: 'nobody', outcome: 'refused', error: 'AuthenticationRequired' },
      { method: nsid, principal: 'legacy-admin', outcome: 'done' },
    ])
    expect(rows).toHaveLength(2)
    expect(await verify()).toMatchObject({ verified: seq + all.length, head: { seq: seq + all.length } })
  })

  const procedures = Object.keys(adminCalls).filter((nsid) => adminCalls[nsid]?.(nobody()).input)
  test.each(procedures)('%s: a body that makes no sense is a refused call', async (nsid) => {
    const seq = await headSeq()
    expect((await ask(house, nsid, { ...herons, input: [] })).status).toBe(400)
    expect(await since(seq)).toMatchObject([
      { method: nsid, principal: 'legacy-admin', outcome: 'refused', error: 'InvalidRequest' },
    ])
  })

  test('leaves no secret in a row: no password, no code, no address', async () => {
    const person = await somebody(house)
    await ask(house, admin('searchAccounts?email=secret-prefix@example'), herons)
    const { rows } = await sql<{ text: string }>`SELECT audit_log::text FROM audit_log`.execute(house.db)
    const text = JSON.stringify(rows)
    const emails = await house.db.selectFrom('account').select('email').execute()
    for (const { email } of emails) expect(text).not.toContain(email)
    for (const secret of ['secret word', 'secret-', person.email, 'correct horse', person.inviteCode]) {
      expect(text).not.toContain(secret)
    }
    expect(text).not.toMatch(/-[a-z2-7]{5}-[a-z2-7]{5}/)
  })
})

const nobody = () => ({ did: 'did:plc:x', email: 'x@example.com' }) as never

test('what cannot be written down is not done', async () => {
  const { did } = await somebody(house)
  const partition = sql.id(`audit_log_m${monthOf(new Date())}`)
  await sql`ALTER TABLE audit_log DETACH PARTITION ${partition}`.execute(house.db)
  try {
    for (const [method, input] of [
      [admin('updateSubjectStatus'), { subject: repoRef(did), takedown: { applied: true } }],
      [admin('deleteAccount'), { did }],
      [admin('updateAccountEmail'), { account: did, email: 'other@example.com' }],
    ] as const) {
      expect((await ask(house, method, { ...herons, input })).status).toBe(500)
    }
  } finally {
    const month = monthOf(new Date())
    await sql`ALTER TABLE audit_log ATTACH PARTITION ${partition} FOR VALUES FROM (${sql.lit(month)}) TO (${sql.lit(month + 1)})`.execute(
      house.db,
    )
  }
  const info = await ask(house, `${admin('getSubjectStatus')}?did=${did}`, herons)
  expect(info.body).toMatchObject({ takedown: { applied: false } })
  expect(await verify()).not.toHaveProperty('fault')
})

test('many administrators at once make one chain in each community', async () => {
  const [ours, theirs] = [await somebody(house), await somebody(house, 'storks')]
  const [seq, theirSeq] = [await headSeq(), await headSeq(storks)]
  const acts = Array.from({ length: 20 }, (_, n) => {
    const [question, { did }] = n % 2 === 0 ? [herons, ours] : [storks, theirs]
    const input = { subject: repoRef(did), takedown: { applied: n % 4 < 2, ref: `act ${n}` } }
    return ask(house, admin('updateSubjectStatus'), { ...question, input })
  })
  for (const { status } of await Promise.all(acts)) expect(status).toBe(200)
  for (const [question, from] of [
    [herons, seq],
    [storks, theirSeq],
  ] as const) {
    const rows = await since(from, question)
    expect(rows).toHaveLength(10)
    // Each was told what the one before it had left.
    for (const [index, row] of rows.entries()) {
      if (index > 0) expect(row['before']).toEqual(rows[index - 1]?.['after'])
    }
    expect(await verify(question)).toMatchObject({ verified: from + 10, head: { seq: from + 10 } })
  }
})

test('the log is listed in pages, from either end, and none of it is shown to another community', async () => {
  const { did } = await somebody(house, 'storks')
  await ask(house, admin(`getAccountInfo?did=${did}`), storks)
  const about = { subject: did }
  expect(await log(about)).toEqual([])
  expect(await log(about, storks)).toMatchObject([{ subject: did, method: admin('getAccountInfo') }])
  const page = (await listAudit({ limit: '2' })).body
  const next = (await listAudit({ limit: '2', cursor: page.cursor })).body
  const seqs = [...page.entries, ...next.entries].map(({ seq }: Entry) => seq)
  const head = await headSeq()
  expect(seqs).toEqual([head, head - 1, head - 2, head - 3])
  expect(await since(head)).toEqual([])
  for (const cursor of ['x', '-1', '1e3', '9'.repeat(16)]) {
    expect((await listAudit({ cursor })).body.error).toBe('InvalidRequest')
  }
  expect((await listAudit({ limit: '1000' })).status).toBe(200)
  expect((await listAudit({ limit: '1001' })).status).toBe(400)
  expect((await listAudit({}, { at: 'herons' })).status).toBe(401)
})

test('who brings no credentials leaves no row', async () => {
  const seq = await headSeq()
  expect((await ask(house, admin('getAccountInfo?did=did:plc:x'))).status).toBe(401)
  expect(await since(seq)).toEqual([])
})

test('a reason may be given in a header', async () => {
  const { did } = await somebody(house)
  await house.app.inject({
    url: `/xrpc/${admin('getAccountInfo')}?did=${did}`,
    headers: {
      host: 'herons.example.com',
      authorization: `Basic ${Buffer.from(`admin:${herons.admin}`).toString('base64')}`,
      'x-heronry-reason': 'ticket 7',
    },
  })
  expect((await log({ limit: '1' }))[0]).toMatchObject({ subject: did, reason: 'ticket 7' })
})

test('a row that was changed in the database is named', async () => {
  const { did } = await somebody(house, 'storks')
  await ask(house, admin(`getAccountInfo?did=${did}`), storks)
  const seq = await headSeq(storks)
  const changed = house.db.updateTable('audit_log').set({ subject: 'did:plc:x' })
  await changed.where('subject', '=', did).execute()
  expect(await verify(storks)).toMatchObject({ verified: seq - 1, fault: { seq, fault: 'altered' } })
  expect(await verify()).not.toHaveProperty('fault')
})
