import pg from 'pg'
import { type BindConfig, bindMessage } from './bind-message.ts'
import { preparedStatementsMax, preparedUsesMin } from './limits.ts'

/**
 * The connections of a pool that prepare what they are asked again and again: Postgres parses and plans such a statement once a connection,
 * and its text is no longer sent. Measured: half of Postgres' CPU for a createRecord.
 *
 * A text is prepared from its `preparedUsesMin`th use in the pool on, while fewer than `preparedStatementsMax` are; the others go as they are.
 * Parameters are sent by our own writer (bind-message.ts).
 *
 * A migration that adds a column changes the result of a prepared `SELECT *`, which Postgres refuses from then on: queries name their
 * columns. A pooler between must know prepared statements (PgBouncer 1.21, `max_prepared_statements`).
 */
export function preparingClient(): typeof pg.Client {
  const nameOf = statementNames()
  return class PreparingClient extends pg.Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config)
      const { connection } = this as unknown as { connection: DriverConnection }
      connection.bind = (bound) => connection._send(bindMessage(bound))
    }

    // The driver's `query` has many forms. Kysely uses this one, with a text.
    override query(text: unknown, values?: unknown, callback?: unknown): never {
      const name =
        typeof text === 'string' && Array.isArray(values) && values.length > 0 ? nameOf(text) : null
      const query = super.query as (...args: unknown[]) => never
      if (name === null) return query.call(this, text, values, callback)
      return query.call(this, { name, text, values }, callback)
    }
  }
}

/** What we know of the driver's own connection. */
interface DriverConnection {
  bind(config: BindConfig): void
  _send(message: Buffer): void
}

/** Gives a text its name, the same on every connection; null while it has none. */
function statementNames(): (text: string) => string | null {
  const names = new Map<string, string>()
  const uses = new Map<string, number>()
  return (text) => {
    const known = names.get(text)
    if (known !== undefined) return known
    if (names.size >= preparedStatementsMax) return null
    const count = (uses.get(text) ?? 0) + 1
    if (uses.size >= preparedStatementsMax) uses.clear()
    uses.set(text, count)
    if (count < preparedUsesMin) return null
    uses.delete(text)
    const name = `heronry_${names.size}`
    names.set(text, name)
    return name
  }
}
