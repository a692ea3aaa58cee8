import type { ColumnType, Generated, JSONColumnType } from 'kysely'

/**
 * The tables as Kysely sees them. A table is queried by one package only; `test/workshop/table-owners.test.ts` has the owners.
 */
export interface Tables {
  community: CommunityTable
  handle_domain: { domain: string; community_id: number; position: number }
  community_version: { one: Generated<boolean>; version: bigint }
  actor: ActorTable
  account: AccountTable
  account_draft: AccountDraftTable
  signing_key: {
    actor_id: bigint
    did_key: string
    sealed: Uint8Array
    kek_id: string
    created_at: Generated<Date>
  }
  session: SessionTable
  app_password: AppPasswordTable
  oauth_token: OAuthTokenTable
  oauth_used_refresh_token: {
    refresh_hash: Uint8Array
    community_id: number
    oauth_token: bigint
    used_at: Date
  }
  login_attempt: LoginAttemptTable
  email_token: EmailTokenTable
  recovery_code: { actor_id: bigint; hash: Uint8Array }
  factor_attempt: { actor_id: bigint; network: string; failures: number; failed_at: Date }
  known_device: { actor_id: bigint; device: Uint8Array; seen_at: Date; mailed_at: Date | null }
  token_guess: { community_id: number; network: string; guesses: number; until: Date }
  invite_code: InviteCodeTable
  invite_use: { code: string; did: string; used_at: Generated<Date> }
  oauth_device: OAuthDeviceTable
  oauth_account_device: OAuthAccountDeviceTable
  oauth_request: OAuthRequestTable
  oauth_authorized_client: OAuthAuthorizedClientTable
  oauth_lexicon: OAuthLexiconTable
  oauth_replay: { digest: Uint8Array; expires_at: Date }
  service_token_use: { digest: Uint8Array; expires_at: Date }
  reserved_signing_key: ReservedSigningKeyTable
  gate_code: { code_hash: Uint8Array; community_id: number; handle: string | null; expires_at: Date }
  identity_change: IdentityChangeTable
  handle_rule: { community_id: number; kind: string; word: string; created_at: Generated<Date> }
  did_cache: { did: string; document: JSONColumnType<object>; fetched_at: Date }
  repo: RepoTable
  record: RecordTable
  mst_node: { store_id: bigint; layer: number; lo: string; cid: Uint8Array; body: Uint8Array }
  backlink: { store_id: bigint; kind: number; subject: Uint8Array; path: string }
  blob: BlobTable
  blob_stray: { object_key: string; since: Generated<Date>; doomed: boolean }
  record_blob: { store_id: bigint; cid: Uint8Array; path: string }
  event: EventTable
  event_seq: { seq: bigint; community_id: number; actor_id: bigint; hour: number; event_id: bigint }
  community_seq: { community_id: number; last_seq: bigint; last_dropped_seq: Generated<bigint> }
  event_suppress: { actor_id: bigint; upto_seq: bigint }
  archive_state: { one: Generated<boolean>; last_seq: bigint }
  event_segment: EventSegmentTable
  event_segment_community: { community_id: number; segment_last_seq: bigint; last_seq: bigint }
  seq_state: SeqStateTable
  seq_resumption: SeqResumptionTable
  relay: RelayTable
  lost_account: { did: string; found_at: Generated<Date> }
  audit_log: AuditLogTable
  audit_head: { community_id: number; seq: bigint; hash: Uint8Array }
  job_outbox: JobOutboxTable
  mail_suppression: MailSuppressionTable
  account_pref: { actor_id: bigint; seq: number; name: string; value: JSONColumnType<object> }
}

interface CommunityTable {
  id: Generated<number>
  slug: string
  hostname: string
  public_url: string
  service_did: string
  admin_password: string | null
  settings: JSONColumnType<object>
  created_at: Generated<Date>
}

interface ActorTable {
  id: Generated<bigint>
  community_id: number
  did: string
  handle: string | null
  cell: Generated<number>
  created_at: Generated<Date>
  deactivated_at: Date | null
  delete_after: Date | null
  takedown_ref: string | null
  suspended_until: Date | null
  sessions_since: Generated<Date | null>
}

interface AccountTable {
  actor_id: bigint
  community_id: number
  email: string
  email_confirmed_at: Date | null
  password: string
  invites_disabled: Generated<boolean>
  created_at: Generated<Date>
  email_factor: Generated<boolean>
  totp_sealed: Uint8Array | null
  totp_kek_id: string | null
  totp_confirmed_at: Date | null
  totp_step: bigint | null
}

interface AccountDraftTable {
  id: Generated<bigint>
  community_id: number
  actor_id: bigint
  did: string
  handle: string
  email: string
  invite_code: string | null
  plc_operation: ColumnType<object | null, string | null, never>
  created_at: Generated<Date>
}

interface SessionTable {
  id: string
  actor_id: bigint
  expires_at: Date
  next_id: string | null
  app_password_name: string | null
  created_at: Generated<Date>
}

interface OAuthDeviceTable {
  community_id: number
  id: string
  session_id: string
  user_agent: string | null
  ip_address: string
  last_seen_at: Date
}

interface OAuthAccountDeviceTable {
  community_id: number
  device_id: string
  actor_id: bigint
  did: string
  created_at: Date
  updated_at: Date
}

interface OAuthRequestTable {
  community_id: number
  id: string
  client_id: string
  client_auth: ColumnType<object | null, string | null, string | null>
  parameters: JSONColumnType<object>
  expires_at: Date
  device_id: string | null
  did: string | null
  code: string | null
}

interface OAuthAuthorizedClientTable {
  community_id: number
  actor_id: bigint
  did: string
  client_id: string
  scopes: string[]
  updated_at: Date
}

interface OAuthLexiconTable {
  community_id: number
  nsid: string
  created_at: Date
  updated_at: Date
  last_succeeded_at: Date | null
  uri: string | null
  lexicon: ColumnType<object | null, string | null, string | null>
}

interface AppPasswordTable {
  id: ColumnType<bigint, never, never>
  actor_id: bigint
  name: string
  hash: string
  privileged: boolean
  permissions: string[] | null
  created_at: Generated<Date>
}

interface OAuthTokenTable {
  id: ColumnType<bigint, never, never>
  community_id: number
  actor_id: bigint
  token_id: string
  refresh_hash: Uint8Array | null
  code_hash: Uint8Array | null
  client_id: string
  client_auth: JSONColumnType<object>
  device_id: string | null
  parameters: JSONColumnType<object>
  jkt: string | null
  scope: string
  created_at: Date
  updated_at: Date
  expires_at: Date
  forget_at: Date
}

interface LoginAttemptTable {
  key: Uint8Array
  failures: number
  failed_at: Date
}

interface EmailTokenTable {
  actor_id: bigint
  purpose: number
  token_hash: Uint8Array
  expires_at: Date
  attempts: Generated<number>
}

interface InviteCodeTable {
  code: string
  community_id: number
  available_uses: number
  disabled: Generated<boolean>
  for_account: string
  created_by: string
  created_at: Generated<Date>
}

interface ReservedSigningKeyTable {
  community_id: number
  did: string | null
  did_key: string
  sealed: Uint8Array
  kek_id: string
  expires_at: Date
}

interface IdentityChangeTable {
  actor_id: bigint
  id: Generated<bigint>
  community_id: number
  handle: string | null
  is_live: Generated<boolean>
  started_at: Date
}

interface RepoTable {
  actor_id: bigint
  store_id: bigint
  head: Uint8Array
  rev: bigint
  data: Uint8Array
  commit: Uint8Array
  record_count: bigint
  byte_count: bigint
  writable: boolean
  published: boolean
}

interface RecordTable {
  store_id: bigint
  path: string
  cid: Uint8Array
  rev: bigint
  takedown: Generated<number>
  value: Uint8Array
}

interface BlobTable {
  actor_id: bigint
  cid: Uint8Array
  object_key: string
  mime: string
  size: bigint
  state: Generated<number>
  takedown_ref: string | null
  created_at: Generated<Date>
  orphan_since: Date | null
}

interface EventTable {
  hour: Generated<number>
  id: Generated<bigint>
  xid: Generated<string>
  actor_id: bigint
  community_id: number
  kind: number
  seq_at: number
  body: Uint8Array
  created_at: Generated<Date>
}

interface EventSegmentTable {
  last_seq: bigint
  after_seq: bigint
  object_key: string
  sha256: Uint8Array
  byte_count: bigint
  event_count: number
  first_hour: number
  last_hour: number
  created_at: Generated<Date>
}

interface SeqStateTable {
  one: Generated<boolean>
  leader: string | null
  lease_until: Date | null
  epoch: bigint
  tick: bigint
  last_seq: bigint
  snapshot: string | null
  floor_id: bigint
  system_id: string | null
  timeline: number | null
  table_oid: bigint | null
  verified_epoch: bigint | null
}

interface SeqResumptionTable {
  id: Generated<bigint>
  at: Generated<Date>
  doubts: string[]
  found_seq: bigint
  witnessed_seq: bigint | null
  resumed_seq: bigint
  stragglers: bigint
  reannounced: string
}

interface RelayTable {
  community_id: number
  url: string
  requested_at: Date | null
  requested_seq: bigint | null
  request_answer: string | null
  checked_at: Date | null
  check_answer: string | null
  host_status: string | null
  host_seq: bigint | null
  host_account_count: bigint | null
}

interface AuditLogTable {
  community_id: number
  seq: bigint
  month: number
  at: Date
  principal: string
  address: string
  method: string
  subject: string | null
  reason: string | null
  before: ColumnType<unknown, string | null, never>
  after: ColumnType<unknown, string | null, never>
  outcome: string
  error: string | null
  prev: Uint8Array
  hash: Uint8Array
}

interface JobOutboxTable {
  id: Generated<bigint>
  queue: string
  name: string
  key: string | null
  payload: ColumnType<unknown, string, never>
  priority: Generated<number>
  run_at: Generated<Date>
  attempts: Generated<number>
  lease_until: Date | null
  done_at: Date | null
  dead_at: Date | null
  error: string | null
  trace_context: ColumnType<unknown, string | null, never>
  created_at: Generated<Date>
  actor_id: ColumnType<bigint | null, bigint | null | undefined>
  label: ColumnType<string | null, string | null | undefined>
  deferrals: Generated<number>
}

interface MailSuppressionTable {
  community_id: number
  address: Uint8Array
  code: number
  at: Generated<Date>
}
