import type { Transaction } from '@heronry/db/in-transaction'
import { audit } from '@heronry/operators/audit'
import type { AuditFacts } from '@heronry/operators/audit-entry'
import type { Actor } from './actor.ts'
import { auditFactCharsMax } from './limits.ts'

/** What is audited of a member's sign-ins; `host.heronry.event.<it>` stands where a row of an administrator has the method. */
type MemberEvent = 'signedIn' | 'lockedOut' | 'appLetIn' | 'appSessionEnded'

export interface MemberAct {
  readonly event: MemberEvent
  readonly actor: Pick<Actor, 'communityId' | 'did'>
  readonly at: Date
  /** What its client is counted by: an address, or a /64. */
  readonly network: string
  /** Whether the member has done it, or an app in his name. Otherwise nobody knows who it was, and only whom it was done to. */
  readonly isMember: boolean
  /** Never a user agent, and nothing that was typed: people type addresses and passwords where names belong. */
  readonly facts: AuditFacts
}

/**
 * A row of what happens where a member signs in, in the chain of his community; the last statement of the act's transaction. The XRPC method
 * createSession has none: apps and bots call it by the hundred in a second, and all of a community would wait for one row (README).
 */
export async function auditMember(tx: Transaction, act: MemberAct): Promise<void> {
  const { event, at, network, isMember, facts } = act
  const { communityId, did } = act.actor
  await audit(tx, {
    ...{ communityId, at, principal: isMember ? did : 'nobody', address: network },
    ...{ method: `host.heronry.event.${event}`, subject: did, reason: null },
    ...{ before: null, after: facts, outcome: 'done', error: null },
  })
}

/** What an app says of itself, as a row has it: with an end. */
export function appFact(text: string): string {
  return text.length <= auditFactCharsMax ? text : `${text.slice(0, auditFactCharsMax).toWellFormed()}…`
}
