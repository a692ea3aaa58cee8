import { hash } from 'node:crypto'
import { encode, type LexValue } from '@atproto/lex-cbor'
import type { CommunityId } from '@heronry/core/ids'

/**
 * How a call came to its end. `begun` is written before an act that is no transaction of the house (an operation at the PLC directory): a
 * row of the end follows it, unless the process was killed.
 */
export type AuditOutcome = 'begun' | 'done' | 'refused' | 'failed'

/** What something was, or has become; whole numbers only. Never a password, a token or an address in clear: see maskEmail. */
export type AuditFacts = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

/** Who has done what to whom, and why. */
export interface AuditEntry {
  readonly communityId: CommunityId
  readonly at: Date
  /** `legacy-admin`: whoever has the community's admin password. `nobody`: whose credentials were refused. Else a DID: of a member, where he signs in. */
  readonly principal: string
  /** The client's IP address. */
  readonly address: string
  /** An NSID. */
  readonly method: string
  readonly subject: string | null
  readonly reason: string | null
  readonly before: AuditFacts | null
  readonly after: AuditFacts | null
  readonly outcome: AuditOutcome
  /** The name of the error that was answered. */
  readonly error: string | null
}

/** An entry in its place in the chain of its community. */
export interface AuditRow extends AuditEntry {
  /** From 1, without a gap. */
  readonly seq: number
  /** The hash of the row before; of the first, 32 zeros. */
  readonly prev: Uint8Array
  readonly hash: Uint8Array
}

export const noHash = new Uint8Array(32)

/** SHA-256 over the row, its own hash aside, as canonical DRISL: every field is in it, and the row before by its hash. */
export function auditHash({ communityId, at, prev, ...row }: Omit<AuditRow, 'hash'>): Uint8Array {
  const { seq, principal, address, method, subject, reason, before, after, outcome, error } = row
  const hashed = {
    ...{ community: communityId as number, seq, at: at.toISOString(), principal, address, method, subject },
    ...{ reason, before, after, outcome, error, prev },
  }
  return hash('sha256', encode(hashed as LexValue), 'buffer')
}
