import type { Seq } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import { readLastSeq } from '../edge/read-last-seq.ts'
import { openSession } from '../leader/session.ts'
import { endTerm, seizeTerm } from '../leader/term.ts'
import { witnessLeadMax } from '../limits.ts'
import { readPlace } from './doubts.ts'
import { resumeNumbering } from './resume-numbering.ts'
import type { TailJournal } from './tail-journal.ts'

export interface AdvanceDeps {
  readonly db: Database
  readonly databaseUrl: string
  readonly logger: Logger
  readonly journal: TailJournal | undefined
}

export interface Advance {
  readonly from: Seq
  readonly to: Seq
}

/** What `advance` would do. Throws where `to` is not ahead of the last seq, or further than a witness may be believed. */
export async function planAdvance(db: Database, to: number): Promise<Advance> {
  const from = await readLastSeq(db)
  if (!Number.isSafeInteger(to) || to <= from) throw new Error(`The last seq is ${from}: it can only grow`)
  if (to > from + witnessLeadMax) {
    throw new Error(`The last seq is ${from}: it is advanced by ${witnessLeadMax} at most`)
  }
  return { from, to: to as Seq }
}

/**
 * Goes on numbering after `to`, for an operator who knows what no witness could say, and announces everybody again. Safe beside
 * a leader that works: its term ends, and it begins another.
 */
export async function advance(deps: AdvanceDeps, to: number): Promise<Advance> {
  await using session = await openSession(deps.databaseUrl)
  const { from } = await planAdvance(deps.db, to)
  const term = await seizeTerm(session, { leader: 'operator' })
  const place = await readPlace(session, term)
  // The leader may have gone on until its term was taken.
  const plan = { from, to: Math.max(to, term.lastSeq) as Seq }
  const operator = { witness: 'operator', seq: plan.to }
  const resumed =
    place &&
    (await resumeNumbering(deps, { term, place, doubts: ['operator'], heard: [operator], jumpTo: plan.to }))
  if (!resumed) throw new Error('Another has begun a term in the meantime: nothing was changed')
  await endTerm(session, resumed)
  return plan
}
