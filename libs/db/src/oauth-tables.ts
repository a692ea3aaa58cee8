import type { ColumnType, JSONColumnType } from 'kysely'

/** Of 0015-oauth and 0016-oauth-tokens. */
export interface OAuthTables {
  oauth_token: OAuthTokenTable
  oauth_used_refresh_token: {
    refresh_hash: Uint8Array
    community_id: number
    oauth_token: bigint
    used_at: Date
  }
  oauth_device: OAuthDeviceTable
  oauth_account_device: OAuthAccountDeviceTable
  oauth_request: OAuthRequestTable
  oauth_authorized_client: OAuthAuthorizedClientTable
  oauth_lexicon: OAuthLexiconTable
  oauth_replay: { digest: Uint8Array; expires_at: Date }
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
