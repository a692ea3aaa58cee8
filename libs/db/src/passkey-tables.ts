/** Of 0017-passkeys. */
export interface PasskeyTables {
  passkey: PasskeyTable
  passkey_challenge: {
    hash: Uint8Array
    community_id: number
    actor_id: bigint | null
    purpose: number
    expires_at: Date
  }
  owner_confirmation: { hash: Uint8Array; actor_id: bigint; expires_at: Date }
}

interface PasskeyTable {
  community_id: number
  id: Uint8Array
  actor_id: bigint
  public_key: Uint8Array
  counter: bigint
  transports: string[]
  name: string
  created_at: Date
  used_at: Date | null
}
