import pg from 'pg'

export const statementSettings = {
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track_planning': 'on',
}

export interface Statement {
  readonly calls: number
  /** Planning and execution. */
  readonly ms: number
  readonly planMs: number
  readonly text: string
}

const shownMax = 12

/** What Postgres itself has counted, by statement, since `reset`. */
export class PostgresStatements implements AsyncDisposable {
  readonly #client: pg.Client

  private constructor(client: pg.Client) {
    this.#client = client
  }

  static async connect(databaseUrl: string): Promise<PostgresStatements> {
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    await client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements')
    return new PostgresStatements(client)
  }

  async reset(): Promise<void> {
    await this.#client.query('SELECT pg_stat_statements_reset()')
  }

  /** By the time they took, waiting included. */
  async top(): Promise<Statement[]> {
    const { rows } = await this.#client.query(
      `SELECT calls::int, total_plan_time + total_exec_time AS ms, total_plan_time AS "planMs", left(regexp_replace(query, '\\s+', ' ', 'g'), 110) AS text
       FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%' ORDER BY 2 DESC LIMIT $1`,
      [shownMax],
    )
    return rows
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end()
  }
}
