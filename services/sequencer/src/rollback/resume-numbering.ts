import type { Seq } from '@heronry/core/ids'
import { type Rev, revOf } from '@heronry/core/rev'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { enqueue } from '@heronry/jobs/enqueue'
import { reannounceMany } from '@heronry/jobs/kinds/reannounce'
import type { Logger } from '@heronry/telemetry/logger'
import { ensureEventSeqPartitions } from '../leader/event-seq-partitions.ts'
import type { Term } from '../leader/term.ts'
import { reannouncedDidsMax, revLeadMs, seqMargin } from '../limits.ts'
import type { Doubt, Place } from './doubts.ts'
import { findLostTail, type LostTail } from './lost-tail.ts'
import { stampAnew } from './stamp-anew.ts'
import type { TailJournal } from './tail-journal.ts'
import type { Testimony } from './witness.ts'

export interface ResumeDeps {
  readonly db: Database
  readonly logger: Logger
  readonly journal: TailJournal | undefined
}

export interface Resumption {
  readonly term: Term
  readonly place: Place
  readonly doubts: readonly Doubt[]
  readonly heard: readonly Testimony[]
  /** Chosen by the operator: numbering goes on right after it. */
  readonly jumpTo?: Seq
}

/**
 * Goes on numbering where the past is in doubt: every event without a number gets one, beyond whatever a witness has seen and a
 * margin, and whoever was spoken of in the lost tail is announced again. Returns the term as it is then, or null where it has
 * ended.
 *
 * One transaction: killed anywhere, all of it has happened or nothing, and the next leader has the same doubts. It begins by
 * locking `seq_state`, so that no candidate takes the lease away however long it lasts.
 */
export async function resumeNumbering(deps: ResumeDeps, resumption: Resumption): Promise<Term | null> {
  const { db, logger } = deps
  const { term, doubts, heard } = resumption
  const { lastSeq } = term
  // Events were missed, nothing was lost: nobody heard anything that is not so.
  const isLoss = doubts.some((doubt) => doubt !== 'stragglers')
  const tail: LostTail = isLoss ? await findLostTail(deps, { lastSeq, heard }) : { kind: 'none' }
  const from = isLoss ? beyondAll(resumption) : lastSeq
  await ensureEventSeqPartitions(db, { lastSeq: from })
  const resumed = await inTransaction(db, { name: 'resume numbering' }, async (tx) => {
    const stamped = await stampAnew(tx, { ...resumption, from })
    if (stamped === null) return null
    await enqueueTail(tx, { tail, afterRev: revAfterAll() })
    await record(tx, { resumption, tail, ...stamped })
    return stamped
  })
  if (resumed === null) return null
  const told = { doubts, heard, foundSeq: lastSeq, ...resumed, reannounced: describe(tail) }
  logger.error(told, 'numbering resumed after a doubt')
  return { ...term, tick: term.tick + 1n, lastSeq: resumed.lastSeq }
}

function beyondAll({ term, heard, jumpTo }: Resumption): Seq {
  return jumpTo ?? ((Math.max(term.lastSeq, ...heard.map(({ seq }) => seq)) + seqMargin) as Seq)
}

/** Later than any rev that was signed until now, on whatever clock. Consumers take a rev that lies a few minutes ahead. */
function revAfterAll(): Rev {
  return revOf((BigInt(Date.now() + revLeadMs) * 1000n) << 10n)
}

async function enqueueTail(
  tx: Transaction,
  { tail, afterRev }: { tail: LostTail; afterRev: Rev },
): Promise<void> {
  if (tail.kind === 'everyone') await enqueue(tx, reannounceMany, { payload: { afterRev } })
  if (tail.kind !== 'dids') return
  for (let at = 0; at < tail.dids.length; at += reannouncedDidsMax) {
    const dids = tail.dids.slice(at, at + reannouncedDidsMax)
    await enqueue(tx, reannounceMany, { payload: { afterRev, dids } })
  }
}

async function record(
  tx: Transaction,
  told: { resumption: Resumption; tail: LostTail; lastSeq: Seq; stragglers: bigint },
): Promise<void> {
  const { term, doubts, heard } = told.resumption
  const witnessed = heard.length === 0 ? null : BigInt(Math.max(...heard.map(({ seq }) => seq)))
  await tx
    .insertInto('seq_resumption')
    .values({
      doubts: [...doubts],
      found_seq: BigInt(term.lastSeq),
      witnessed_seq: witnessed,
      resumed_seq: BigInt(told.lastSeq),
      stragglers: told.stragglers,
      reannounced: describe(told.tail),
    })
    .execute()
}

function describe(tail: LostTail): string {
  return tail.kind === 'dids' ? `${tail.dids.length} accounts` : tail.kind
}
