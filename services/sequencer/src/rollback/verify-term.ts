import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import type { Metrics } from '@heronry/telemetry/metrics'
import type { LeaderSession } from '../leader/session.ts'
import type { Term } from '../leader/term.ts'
import { type Doubt, isBeyond, type Place, readPlace } from './doubts.ts'
import { resumeNumbering } from './resume-numbering.ts'
import type { TailJournal } from './tail-journal.ts'
import { hearWitnesses, type Witness } from './witness.ts'

export interface VerifyDeps {
  readonly db: Database
  readonly logger: Logger
  readonly metrics?: Metrics | undefined
  /** Whom to ask, at the moment of the call. */
  readonly witnesses: () => Promise<readonly Witness[]>
  /** Who was spoken of, where Redis remembers it. */
  readonly journal: TailJournal | undefined
}

export interface VerifiedTerm {
  readonly term: Term
  /** Witnesses that could not be asked: they are heard as soon as they can be. */
  readonly absent: readonly Witness[]
}

/**
 * Makes sure, before the first stamp of a term, that no seq will be given twice: `last_seq` is compared with what witnesses
 * outside have seen, and the cluster with the one in which numbering was. Any doubt resumes numbering beyond all of them
 * (`resumeNumbering`). Null where the term has ended meanwhile.
 *
 * Until then edges believe no cursor to be in the future (`seq_state.verified_epoch`).
 */
export async function verifyTerm(
  deps: VerifyDeps,
  { session, term, suspicions = [] }: { session: LeaderSession; term: Term; suspicions?: readonly Doubt[] },
): Promise<VerifiedTerm | null> {
  const { logger, metrics, witnesses } = deps
  const { lastSeq } = term
  const [place, { heard, absent }] = await Promise.all([
    readPlace(session, term),
    hearWitnesses({ logger }, { witnesses: await witnesses(), lastSeq }),
  ])
  if (place === null) return null
  const found: Doubt[] = [
    ...suspicions,
    ...place.doubts,
    ...(isBeyond(lastSeq, heard) ? ['witness' as const] : []),
  ]
  const doubts = [...new Set(found)]
  if (doubts.length > 0) {
    const resumed = await resumeNumbering(deps, { term, place, doubts, heard })
    if (resumed === null) return null
    for (const doubt of doubts) metrics?.count('pds_firehose_resumptions_total', { doubt })
    return { term: resumed, absent }
  }
  return (await confirm(session, term, place)) ? { term, absent } : null
}

/** Records where numbering is; false where the term has ended. */
async function confirm(session: LeaderSession, { epoch }: Term, place: Place): Promise<boolean> {
  const { systemId, timeline, tableOid } = place
  const rows = await session.query(confirmation, [epoch, systemId, timeline, tableOid])
  return rows.length === 1
}

const confirmation = {
  name: 'confirm-term',
  text: `UPDATE seq_state SET verified_epoch = epoch, system_id = $2, timeline = $3, table_oid = $4
    WHERE epoch = $1 RETURNING epoch`,
}
