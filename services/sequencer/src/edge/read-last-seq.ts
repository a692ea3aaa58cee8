import type { Seq } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'

/** The newest seq given. Every event up to it can be read from now on. About 0.1 ms. */
export async function readLastSeq(db: Database): Promise<Seq> {
  const { last_seq } = await db.selectFrom('seq_state').select('last_seq').executeTakeFirstOrThrow()
  return Number(last_seq) as Seq
}
