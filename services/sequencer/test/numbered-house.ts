import { openSession } from '../src/leader/session.ts'
import { stamp } from '../src/leader/stamp.ts'
import { beginTerm } from '../src/leader/term.ts'
import { stampingHouse } from './stamping-house.ts'

/** Numbers one event for each size, in bytes; those of odd seqs are of community 1, of even seqs of 0. */
export async function numberedHouse(sizes: readonly number[]) {
  const house = await stampingHouse()
  await house.control.query(
    `INSERT INTO event (actor_id, community_id, kind, seq_at, body)
     SELECT n, n % 2, 1, 0, convert_to(repeat('x', size), 'UTF8') FROM unnest($1::int[]) WITH ORDINALITY AS s (size, n)
     ORDER BY n`,
    [sizes],
  )
  await using session = await openSession(house.url)
  const term = await beginTerm(session, { leader: 'test' })
  if (term !== null) await stamp(session, term)
  return house
}
