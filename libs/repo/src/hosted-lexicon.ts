import { decode } from '@atproto/lex-cbor'
import type { Cid, LexMap } from '@atproto/lex-data'
import { cidOf, type Digest } from '@heronry/core/cid'
import type { Did } from '@heronry/core/did'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'

/**
 * A lexicon that an active account of this house publishes, in whichever community; undefined: it does not. Reads by a function of the
 * database that shows no other record: who signs people in may read no records.
 */
export async function findHostedLexicon(
  db: Database,
  { did, nsid }: { did: Did; nsid: string },
): Promise<{ cid: Cid; record: LexMap } | undefined> {
  const { rows } = await sql<{ cid: Uint8Array; value: Uint8Array }>`
    SELECT cid, value FROM hosted_lexicon(${did}, ${nsid})`.execute(db)
  const [row] = rows
  return row && { cid: cidOf(row.cid as Digest), record: decode(row.value) as LexMap }
}
