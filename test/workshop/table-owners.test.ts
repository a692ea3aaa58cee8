import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './planted-tree.ts'

/** Who may name a table in a query: the package that owns it. */
const owners: Record<string, string> = {
  community: 'libs/communities',
  handle_domain: 'libs/communities',
  community_version: 'libs/communities',
  actor: 'libs/accounts',
  account: 'libs/accounts',
  account_draft: 'libs/accounts',
  account_pref: 'libs/accounts',
  session: 'libs/accounts',
  app_password: 'libs/accounts',
  oauth_token: 'libs/accounts',
  oauth_used_refresh_token: 'libs/accounts',
  login_attempt: 'libs/accounts',
  email_token: 'libs/accounts',
  token_guess: 'libs/accounts',
  recovery_code: 'libs/accounts',
  factor_attempt: 'libs/accounts',
  known_device: 'libs/accounts',
  invite_code: 'libs/accounts',
  invite_use: 'libs/accounts',
  signing_key: 'libs/vault',
  reserved_signing_key: 'libs/vault',
  service_token_use: 'libs/auth',
  oauth_replay: 'libs/auth',
  oauth_device: 'services/entryway',
  oauth_account_device: 'services/entryway',
  oauth_request: 'services/entryway',
  oauth_authorized_client: 'services/entryway',
  oauth_lexicon: 'services/entryway',
  gate_code: 'libs/accounts',
  did_cache: 'libs/identity',
  repo: 'libs/repo',
  record: 'libs/repo',
  mst_node: 'libs/repo',
  backlink: 'libs/repo',
  record_blob: 'libs/repo',
  blob: 'libs/blobs',
  blob_stray: 'libs/blobs',
  event: 'libs/events',
  event_seq: 'services/sequencer',
  community_seq: 'services/sequencer',
  seq_state: 'services/sequencer',
  event_suppress: 'services/sequencer',
  archive_state: 'services/sequencer',
  event_segment: 'services/sequencer',
  event_segment_community: 'services/sequencer',
  seq_resumption: 'services/sequencer',
  relay: 'services/sequencer',
  lost_account: 'libs/accounts',
  identity_change: 'libs/accounts',
  handle_rule: 'libs/accounts',
  audit_log: 'libs/operators',
  audit_head: 'libs/operators',
  job_outbox: 'libs/jobs',
}

/** Files that must name a table of another package, each with its reason in docs/decisions. */
const exceptions: [file: RegExp, tables: string[]][] = [
  [/^libs\/repo\/src\/commit-sql\.ts$/, ['event', 'blob']],
  [/^libs\/repo\/src\/mark-blobs\.ts$/, ['blob']],
  [/^services\/sequencer\/src\//, ['event']],
]

test('a table is queried only by the package that owns it', () => {
  const strangers = sourceFiles().flatMap((file) =>
    tablesNamedIn(readFileSync(join(root, file), 'utf8'))
      .filter((table) => !mayName(file, table))
      .map((table) => `${file} names ${table} of ${owners[table]}`),
  )
  expect(strangers).toEqual([])
})

test.each([
  ["db.selectFrom('actor').selectAll()", ['actor']],
  ['sql`UPDATE repo SET head = 1 FROM record r`', ['record', 'repo']],
  ['sql`INSERT INTO event (id) SELECT 1`', ['event']],
  ["import { actor } from 'x'; const event = 1", []],
])('finds the tables in %s', (text, tables) => {
  expect(tablesNamedIn(text).sort()).toEqual(tables)
})

test('a query names its columns: a prepared one would break when a migration adds another', () => {
  const unnamed = /\.(selectAll|returningAll)\(/
  expect(sourceFiles().filter((file) => unnamed.test(readFileSync(join(root, file), 'utf8')))).toEqual([])
})

function sourceFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', 'libs/*.ts', 'services/*.ts'], {
    cwd: root,
    encoding: 'utf8',
  })
  return listed
    .split('\n')
    .filter((file) => /\/src\/.*\.ts$/.test(file))
    .filter((file) => !/\.test\.ts$|^libs\/(db|testing)\//.test(file))
}

function mayName(file: string, table: string): boolean {
  const owner = owners[table] ?? ''
  if (file.startsWith(`${owner}/`)) return true
  return exceptions.some(([path, tables]) => path.test(file) && tables.includes(table))
}

/** Tables behind an SQL keyword in upper case, or in the table argument of a Kysely call. */
function tablesNamedIn(text: string): string[] {
  const names = Object.keys(owners).join('|')
  const sql = new RegExp(`\\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\\s+(?:ONLY\\s+)?(${names})\\b`, 'g')
  const kysely = new RegExp(`(?:From|Into|Table|Join|using)\\(\\s*'(${names})\\b`, 'g')
  const found = [...text.matchAll(sql), ...text.matchAll(kysely)].map((match) => match[1] ?? '')
  return [...new Set(found)]
}
