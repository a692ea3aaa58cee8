import { sql } from 'kysely'
import type { Database } from './database.ts'
import { loginAttemptsMax } from './limits.ts'
import { scramVerifier } from './scram-verifier.ts'

/**
 * Lets roles log in, each with its password: who connects as its role has no other to go back to. Postgres is given what it verifies
 * passwords with, never a password, so that none can stand in its log. The roles must be there (migration 0002).
 *
 * Roles belong to the cluster: of two that change one at once, one is refused ("tuple concurrently updated") and tries again.
 */
export async function allowLogins(db: Database, passwords: ReadonlyMap<string, string>): Promise<void> {
  for (const [role, password] of passwords) {
    const statement = sql`ALTER ROLE ${sql.id(role)} LOGIN PASSWORD ${sql.lit(scramVerifier(password))}`
    for (let attempt = 1; ; attempt++) {
      const refusal = await statement.execute(db).then(
        () => undefined,
        (error: Error) => error,
      )
      if (refusal === undefined) break
      if (attempt === loginAttemptsMax || !isConcurrentUpdate(refusal)) {
        throw new Error(`The role ${role} could not be allowed to log in`, { cause: refusal })
      }
    }
  }
}

/** SQLSTATE internal_error: Postgres has no better one for it. */
function isConcurrentUpdate(error: Error): boolean {
  return 'code' in error && error.code === 'XX000'
}
