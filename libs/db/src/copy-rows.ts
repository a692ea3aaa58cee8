import { CompiledQuery } from 'kysely'
import type { Database } from './database.ts'

/**
 * The rows of `select` as they come from Postgres, in pieces of many. A piece is one row after the other: a letter, in four bytes the
 * length of what follows the letter, in two the number of fields, then of each field its length in four (-1: NULL) and its bytes. A piece
 * lasts until the next one is asked for.
 *
 * In a transaction or on its own, on whichever connection is free. COPY knows no parameters: what stands in `select` is numbers and
 * constants. Ending the iteration early ends the connection too.
 */
export async function* copyRows(db: Database, select: string): AsyncGenerator<Buffer> {
  const copy = CompiledQuery.raw(`COPY (${select}) TO STDOUT (FORMAT binary)`)
  for await (const { rows } of db.getExecutor().stream<Buffer>(copy, 1)) yield* rows
}
