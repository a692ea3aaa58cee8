import type { Community } from '@heronry/communities/community'
import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { audit } from '@heronry/operators/audit'
import type { AuditEntry, AuditFacts } from '@heronry/operators/audit-entry'

/** What a row says of an act, beyond who has asked for it. */
export interface ActFacts {
  readonly subject?: string | null | undefined
  readonly reason?: string | null | undefined
  readonly before?: AuditFacts | undefined
  readonly after?: AuditFacts | undefined
}

/** Who asks, and for what. */
export interface Asked {
  readonly community: Community
  readonly principal: string
  readonly address: string
  readonly method: string
}

/**
 * The audit rows of one call. The row of an act that is done is written in its transaction; a call that wrote none has its row when it has
 * ended. kill -9 → an act without its row there never is, but of a call that only reads.
 */
export class AuditTrail {
  readonly #deps: { db: Database; clock: Clock }
  readonly #asked: Asked
  #facts: ActFacts
  #isWritten = false

  constructor(deps: { db: Database; clock: Clock }, asked: Asked, facts: ActFacts) {
    this.#deps = deps
    this.#asked = asked
    this.#facts = facts
  }

  /** What is known of the act before it is done: of one that is refused, too. */
  about(facts: ActFacts): void {
    this.#facts = { ...this.#facts, ...facts }
  }

  /** The last statement of the act's transaction. */
  async done(tx: Transaction, facts: ActFacts = {}): Promise<void> {
    this.about(facts)
    await audit(tx, this.#entry('done', null))
    this.#isWritten = true
  }

  /** Before an act that is no transaction of ours: that it was asked for must be known whatever becomes of us. */
  async begun(facts: ActFacts = {}): Promise<void> {
    this.about(facts)
    await this.#write('begun', null)
  }

  /** Writes the row of what was done, unless its transaction has. */
  async close(): Promise<void> {
    if (!this.#isWritten) await this.#write('done', null)
    this.#isWritten = true
  }

  /** A row of its own: where the act's transaction has written one and then failed, that one is gone. */
  async end(outcome: 'refused' | 'failed', error: string): Promise<void> {
    await this.#write(outcome, error)
  }

  async #write(outcome: AuditEntry['outcome'], error: string | null): Promise<void> {
    await inTransaction(this.#deps.db, { name: 'audit' }, (tx) => audit(tx, this.#entry(outcome, error)))
  }

  #entry(outcome: AuditEntry['outcome'], error: string | null): AuditEntry {
    const { community, ...asked } = this.#asked
    const { subject = null, reason = null, before = null, after = null } = this.#facts
    const at = new Date(this.#deps.clock.now())
    const facts = {
      subject,
      reason,
      before,
      after: outcome === 'refused' || outcome === 'failed' ? null : after,
    }
    return { ...asked, ...facts, communityId: community.id, at, outcome, error }
  }
}
