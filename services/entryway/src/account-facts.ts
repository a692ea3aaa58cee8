import { toDatetimeString } from '@atproto/syntax'
import type { AccountState } from '@heronry/accounts/moderate-account'
import type { Did } from '@heronry/core/did'
import type { AuditFacts } from '@heronry/operators/audit-entry'

/** What is said of an account, as an audit row tells it. */
export function stateFacts({ status, takedownRef, suspendedUntil, deactivatedAt }: AccountState): AuditFacts {
  return {
    status,
    ...(takedownRef !== null && { takedownRef }),
    ...(suspendedUntil !== null && { suspendedUntil: suspendedUntil.toISOString() }),
    ...(deactivatedAt !== null && { deactivatedAt: deactivatedAt.toISOString() }),
  }
}

/** host.heronry.admin.defs#suspensionView */
export function suspensionBody(did: Did, { status, suspendedUntil }: AccountState) {
  return { did, status, ...(suspendedUntil && { suspendedUntil: toDatetimeString(suspendedUntil) }) }
}
