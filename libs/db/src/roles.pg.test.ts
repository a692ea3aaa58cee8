import { testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase } from './database.ts'

const roles = ['entryway', 'api', 'sequencer', 'blob_worker', 'email'] as const
type Role = (typeof roles)[number]

let opened: AsyncDisposableStack
const as = new Map<Role, Database>()

beforeAll(async () => {
  opened = new AsyncDisposableStack()
  const { url } = opened.use(await testDatabase())
  for (const role of roles) {
    const db = openDatabase({
      url,
      poolMax: 2,
      applicationName: role,
      role: `heronry_${role}`,
      onIdleError() {},
    })
    opened.defer(() => db.destroy())
    as.set(role, db)
  }
})
afterAll(() => opened.disposeAsync())

/** Why a statement is refused; `allowed` where it is not. */
async function verdict(role: Role, statement: string): Promise<string> {
  const db = as.get(role) as Database
  return sql
    .raw(statement)
    .execute(db)
    .then(
      () => 'allowed',
      (error: Error) => error.message.replace(/ for (table|schema|function|sequence) \w+$/, ''),
    )
}

const everyTable = `community handle_domain actor account account_draft session email_token invite_code signing_key did_cache repo
  record mst_node backlink record_blob blob blob_stray event event_seq community_seq seq_state event_suppress seq_resumption relay
  lost_account job_outbox`
const tables = everyTable.split(/\s+/)

/** What a service may read; all else is refused. */
const readable: Record<Role, string> = {
  entryway: `community handle_domain actor account account_draft session email_token invite_code signing_key did_cache repo
    event seq_state community_seq lost_account job_outbox`,
  api: 'community handle_domain actor signing_key did_cache repo record mst_node backlink record_blob blob blob_stray event',
  sequencer:
    'community handle_domain event event_seq community_seq seq_state event_suppress seq_resumption relay job_outbox',
  blob_worker: 'blob blob_stray job_outbox',
  email: 'job_outbox',
}

test.each(roles)('the role of %s reads what the service needs, and nothing else', async (role) => {
  const allowed: string[] = []
  for (const table of tables) {
    const answer = await verdict(role, `SELECT * FROM ${table} LIMIT 1`)
    if (answer === 'allowed') allowed.push(table)
    else expect(answer).toBe('permission denied')
  }
  expect(allowed).toEqual(tables.filter((table) => readable[role].split(/\s+/).includes(table)))
})

test.each([
  ['api', 'SELECT password FROM account'],
  ['api', 'INSERT INTO job_outbox (queue, name, payload) VALUES ($$mail$$, $$send-mail$$, $${}$$)'],
  ['api', 'DELETE FROM repo'],
  ['api', 'UPDATE signing_key SET kek_id = $$x$$'],
  ['entryway', 'SELECT value FROM record'],
  ['entryway', 'DELETE FROM event'],
  ['entryway', 'UPDATE seq_state SET last_seq = 0'],
  ['sequencer', 'INSERT INTO event (actor_id, community_id, kind, seq_at, body) VALUES (1, 1, 1, 1, $$x$$)'],
  ['sequencer', 'SELECT sealed FROM signing_key'],
  ['api', 'SELECT hold_event_writers()'],
  ['api', 'INSERT INTO lost_account (did) VALUES ($$did:web:a.test$$)'],
  [
    'blob_worker',
    'INSERT INTO blob (actor_id, cid, object_key, mime, size) VALUES (1, $$x$$, $$x$$, $$x$$, 1)',
  ],
  ['email', 'SELECT email FROM account'],
  ['email', 'CREATE TABLE mine (id int)'],
  ['entryway', 'SELECT attach_partition($$event$$, $$event_h1$$, 1, 2)'],
  ['email', 'INSERT INTO kysely_migration (name, timestamp) VALUES ($$x$$, $$x$$)'],
] as const)('%s is refused: %s', async (role, statement) => {
  expect(await verdict(role, statement)).toBe('permission denied')
})

test('who announces accounts again keeps those that are lost; who numbers events sees what is to be done', async () => {
  const lost = 'INSERT INTO lost_account (did) VALUES ($$did:web:a.test$$) ON CONFLICT DO NOTHING'
  expect(await verdict('entryway', lost)).toBe('allowed')
  expect(await verdict('entryway', 'SELECT rev FROM repo FOR NO KEY UPDATE')).toBe('allowed')
  expect(await verdict('sequencer', 'SELECT hold_event_writers()')).toBe('allowed')
  expect(await verdict('sequencer', 'SELECT setval($$event_id$$, 1)')).toBe('allowed')
})

test('a partition that is made later can be written and read through its parent, by those who may', async () => {
  const made = 'SELECT attach_partition($$event$$, $$event_h7$$, 7, 8)'
  expect(await verdict('sequencer', made)).toBe('allowed')
  const event =
    'INSERT INTO event (hour, actor_id, community_id, kind, seq_at, body) VALUES (7, 1, 1, 1, 1, $$x$$)'
  expect(await verdict('api', event)).toBe('allowed')
  expect(await verdict('sequencer', 'SELECT body FROM event WHERE hour = 7')).toBe('allowed')
  expect(await verdict('sequencer', 'SELECT * FROM event_h7')).toBe('permission denied')
  expect(await verdict('email', 'SELECT * FROM event')).toBe('permission denied')
})

test.each([
  '$$account$$, $$event_h9$$',
  '$$event$$, $$event_seq_9$$',
  '$$event$$, $$event_h9; DROP TABLE account$$',
])('the sequencer attaches nothing but partitions: %s', async (names) => {
  expect(await verdict('sequencer', `SELECT attach_partition(${names}, 9, 10)`)).toContain('not a partition')
})
