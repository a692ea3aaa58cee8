import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allowLogins } from './allow-logins.ts'
import { type Database, openDatabase } from './database.ts'

const roles = ['entryway', 'api', 'export', 'sequencer', 'blob_worker', 'email'] as const
type Role = (typeof roles)[number]

let opened: AsyncDisposableStack
let database: TestDatabase
const as = new Map<Role, Database>()

beforeAll(async () => {
  opened = new AsyncDisposableStack()
  database = opened.use(await testDatabase())
  const { url } = database
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

const everyTable = `community handle_domain actor account account_draft session app_password login_attempt email_token invite_code signing_key service_token_use
  reserved_signing_key gate_code did_cache repo record mst_node backlink record_blob blob blob_stray event event_seq community_seq seq_state event_suppress
  archive_state event_segment event_segment_community seq_resumption relay lost_account identity_change handle_rule job_outbox
    token_guess recovery_code factor_attempt known_device audit_log audit_head mail_suppression oauth_token oauth_used_refresh_token
    oauth_device oauth_account_device oauth_request oauth_authorized_client oauth_lexicon oauth_replay account_pref`
const tables = everyTable.split(/\s+/)

/** What a service may read; all else is refused. */
const readable: Record<Role, string> = {
  entryway: `community handle_domain actor account account_draft session app_password login_attempt email_token invite_code signing_key service_token_use
    reserved_signing_key gate_code did_cache repo event seq_state community_seq lost_account identity_change handle_rule job_outbox
    token_guess recovery_code factor_attempt known_device audit_log audit_head mail_suppression oauth_token oauth_used_refresh_token
    oauth_device oauth_account_device oauth_request oauth_authorized_client oauth_lexicon oauth_replay`,
  api: 'community handle_domain actor signing_key did_cache repo record mst_node backlink record_blob blob blob_stray event account_pref',
  export: 'repo record mst_node',
  sequencer: `community handle_domain event event_seq community_seq seq_state event_suppress archive_state event_segment
    event_segment_community seq_resumption relay job_outbox`,
  blob_worker: 'backlink record_blob blob blob_stray job_outbox',
  email: 'job_outbox mail_suppression',
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
  ['api', 'SELECT totp_sealed FROM account'],
  ['email', 'SELECT hash FROM recovery_code'],
  ['api', 'SELECT hash FROM app_password'],
  ['api', 'SELECT refresh_hash FROM oauth_token'],
  ['api', 'SELECT refresh_hash FROM oauth_used_refresh_token'],
  ['api', 'DELETE FROM oauth_token'],
  ['api', 'UPDATE app_password SET permissions = NULL'],
  ['api', 'INSERT INTO job_outbox (queue, name, payload) VALUES ($$mail$$, $$send-mail$$, $${}$$)'],
  ['api', 'DELETE FROM repo'],
  ['api', 'UPDATE signing_key SET kek_id = $$x$$'],
  ['export', 'SELECT sealed FROM signing_key'],
  ['export', 'UPDATE repo SET writable = true'],
  ['entryway', 'SELECT value FROM record'],
  ['entryway', 'SELECT object_key FROM blob'],
  ['entryway', 'DELETE FROM blob'],
  ['api', 'SELECT digest FROM service_token_use'],
  ['api', 'SELECT digest FROM oauth_replay'],
  ['api', 'SELECT hosted_lexicon($$did:web:a.test$$, $$a.test.b$$)'],
  ['entryway', 'INSERT INTO mail_suppression (community_id, address, code) VALUES (1, $$x$$, 550)'],
  ['api', 'SELECT sealed FROM reserved_signing_key'],
  ['entryway', 'DELETE FROM event'],
  ['entryway', 'UPDATE seq_state SET last_seq = 0'],
  ['entryway', 'UPDATE record SET value = $$x$$'],
  ['entryway', 'SELECT object_key FROM blob'],
  ['entryway', 'UPDATE blob SET state = 0'],
  ['entryway', 'UPDATE audit_log SET reason = $$x$$'],
  ['entryway', 'DELETE FROM audit_log'],
  ['entryway', 'DELETE FROM audit_head'],
  ['api', 'SELECT attach_audit_partition(1)'],
  ['sequencer', 'INSERT INTO event (actor_id, community_id, kind, seq_at, body) VALUES (1, 1, 1, 1, $$x$$)'],
  ['sequencer', 'SELECT sealed FROM signing_key'],
  ['api', 'SELECT hold_event_writers()'],
  ['api', 'INSERT INTO lost_account (did) VALUES ($$did:web:a.test$$)'],
  [
    'blob_worker',
    'INSERT INTO blob (actor_id, cid, object_key, mime, size) VALUES (1, $$x$$, $$x$$, $$x$$, 1)',
  ],
  ['blob_worker', 'SELECT value FROM record'],
  ['blob_worker', 'SELECT head FROM repo'],
  ['email', 'SELECT email FROM account'],
  ['email', 'CREATE TABLE mine (id int)'],
  ['entryway', 'SELECT attach_partition($$event$$, $$event_h1$$, 1, 2)'],
  ['api', 'SELECT drop_event_partition(1, 1)'],
  ['entryway', 'SELECT drop_event_seq_partition(1, 1)'],
  ['email', 'INSERT INTO kysely_migration (name, timestamp) VALUES ($$x$$, $$x$$)'],
] as const)('%s is refused: %s', async (role, statement) => {
  expect(await verdict(role, statement)).toBe('permission denied')
})

test('the api alone may take on the role that exports', async () => {
  const { rows } = await sql<{ rolname: string }>`SELECT rolname FROM pg_roles
    WHERE rolname LIKE 'heronry\\_%' AND pg_has_role(rolname, 'heronry_export', 'MEMBER')`.execute(
    as.get('api') as Database,
  )
  expect(rows.map(({ rolname }) => rolname).sort()).toEqual(['heronry_api', 'heronry_export'])
})

test('who announces accounts again keeps those that are lost; who numbers events sees what is to be done', async () => {
  const lost = 'INSERT INTO lost_account (did) VALUES ($$did:web:a.test$$) ON CONFLICT DO NOTHING'
  expect(await verdict('entryway', lost)).toBe('allowed')
  expect(await verdict('entryway', 'SELECT rev FROM repo FOR NO KEY UPDATE')).toBe('allowed')
  expect(await verdict('sequencer', 'SELECT hold_event_writers()')).toBe('allowed')
  expect(await verdict('sequencer', 'SELECT setval($$event_id$$, 1)')).toBe('allowed')
})

test('who serves repos sees what an app password may do', async () => {
  expect(await verdict('api', 'SELECT id, actor_id, name, privileged, permissions FROM app_password')).toBe(
    'allowed',
  )
})

test('a partition that is made later can be written and read through its parent, by those who may', async () => {
  const made = 'SELECT attach_partition($$event$$, $$event_h7$$, 7, 8)'
  expect(await verdict('sequencer', made)).toBe('allowed')
  const event =
    'INSERT INTO event (hour, actor_id, community_id, kind, seq_at, body) VALUES (7, 1, 1, 1, 1, $$x$$)'
  expect(await verdict('api', event)).toBe('allowed')
  expect(await verdict('sequencer', 'SELECT body FROM event WHERE hour = 7')).toBe('allowed')
  expect(await verdict('sequencer', 'SELECT * FROM event_h7')).toBe('allowed')
  expect(await verdict('api', 'SELECT * FROM event_h7')).toBe('permission denied')
  expect(await verdict('email', 'SELECT * FROM event')).toBe('permission denied')
})

test('the sequencer drops a partition of an hour that has passed, and no other', async () => {
  for (const hour of [8, 2_000_000]) {
    expect(
      await verdict('sequencer', `SELECT attach_partition('event', 'event_h${hour}', ${hour}, ${hour + 1})`),
    ).toBe('allowed')
  }
  expect(await verdict('sequencer', 'SELECT drop_event_partition(8, 0)')).toBe('allowed')
  expect(await verdict('sequencer', 'SELECT drop_event_partition(2000000, 0)')).toContain('has not passed')
  expect(await verdict('sequencer', 'DROP TABLE event_h2000000')).toContain('must be owner')
})

test.each([
  '$$account$$, $$event_h9$$',
  '$$event$$, $$event_seq_9$$',
  '$$event$$, $$event_h9; DROP TABLE account$$',
])('the sequencer attaches nothing but partitions: %s', async (names) => {
  expect(await verdict('sequencer', `SELECT attach_partition(${names}, 9, 10)`)).toContain('not a partition')
})

describe('a service that logs in as its role', () => {
  // Roles belong to the cluster: every test that lets them log in gives them this password.
  const password = 'a-password-of-tests'
  let email: Database
  beforeAll(async () => {
    const logins = new Map(roles.map((role) => [`heronry_${role}`, password]))
    await Promise.all([allowLogins(database.db, logins), allowLogins(database.db, logins)])
    const url = new URL(database.url)
    url.username = 'heronry_email'
    url.password = password
    const options = { url: url.toString(), poolMax: 1, applicationName: 'email', role: 'heronry_email' }
    email = openDatabase({ ...options, onIdleError() {} })
    opened.defer(() => email.destroy())
  })

  test.each(['RESET ROLE', 'SET ROLE NONE', 'SET SESSION AUTHORIZATION DEFAULT', 'RESET ALL', 'DISCARD ALL'])(
    'gains nothing by %s',
    async (leaving) => {
      await sql.raw(leaving).execute(email)
      const { rows } = await sql<{ role: string }>`SELECT current_user::text AS role`.execute(email)
      expect(rows).toEqual([{ role: 'heronry_email' }])
      await expect(sql`SELECT password FROM account`.execute(email)).rejects.toThrow('permission denied')
    },
  )

  test('cannot become another service, or the owner', async () => {
    const { rows } = await sql<{ owner: string }>`SELECT current_user::text AS owner`.execute(database.db)
    for (const role of ['heronry_entryway', 'heronry_api', rows[0]?.owner ?? '']) {
      for (const statement of [sql`SET ROLE`, sql`SET SESSION AUTHORIZATION`]) {
        await expect(sql`${statement} ${sql.id(role)}`.execute(email)).rejects.toThrow('permission denied')
      }
    }
  })
})
