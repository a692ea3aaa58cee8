import type { Did } from '@heronry/core/did'
import type { Seq } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { eventKinds } from '@heronry/events/event'
import { subjectOf, subjectSlice } from '@heronry/events/subject'
import { sql } from 'kysely'
import { pageEventsMax } from '../limits.ts'

export interface SubjectsPage {
  /** Everything up to here is in the page. */
  readonly upto: Seq
  /** Each with the seq of its last event in the page. */
  readonly subjects: ReadonlyMap<Did, Seq>
}

/**
 * Whom the numbered events after `after` are about, a page of them. Of a body only the part that names its subject is read:
 * bodies are stored uncompressed, so Postgres fetches no more of them.
 */
export async function readSubjects(
  db: Database,
  { after, upto }: { after: Seq; upto: Seq },
): Promise<SubjectsPage> {
  const { rows } = await sql<{ seq: bigint; slice: Buffer }>`
    SELECT s.seq, substring(e.body FROM CASE WHEN e.kind = ${eventKinds.commit} THEN e.seq_at + 1 ELSE 2 END
                            FOR ${subjectSlice.bytes}) AS slice
    FROM event_seq s JOIN event e ON e.hour = s.hour AND e.id = s.event_id
    WHERE s.seq > ${after} AND s.seq <= ${upto} ORDER BY s.seq LIMIT ${pageEventsMax}`.execute(db)
  const subjects = new Map(rows.map(({ seq, slice }) => [subjectOf(slice), Number(seq) as Seq]))
  const last = rows.length === pageEventsMax ? rows.at(-1) : undefined
  return { upto: last === undefined ? upto : (Number(last.seq) as Seq), subjects }
}
