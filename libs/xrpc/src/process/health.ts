import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { readyMsMax } from './limits.ts'

/**
 * What a process says of itself. Alive: its event loop turns. Started: the schema is what this build knows, its keys open, its
 * parts are made; it never goes back. Ready: started, not draining, and Postgres answers. Redis is not asked: without it everything
 * goes on, more slowly.
 */
export class Health {
  readonly #db: Database
  #started = false
  #draining = false

  constructor({ db }: { db: Database }) {
    this.#db = db
  }

  get started(): boolean {
    return this.#started
  }

  nowStarted(): void {
    this.#started = true
  }

  nowDraining(): void {
    this.#draining = true
  }

  /** Why no request should come here; null: it may. Never throws. */
  async unready(): Promise<'starting' | 'draining' | 'database' | null> {
    if (this.#draining) return 'draining'
    if (!this.#started) return 'starting'
    const answers = await this.#databaseAnswers()
    // It may have been told to end while Postgres took its time.
    if (this.#draining) return 'draining'
    return answers ? null : 'database'
  }

  async #databaseAnswers(): Promise<boolean> {
    const late = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => late.resolve(false), readyMsMax)
    const asked = sql`SELECT 1`.execute(this.#db).then(
      () => true,
      () => false,
    )
    return Promise.race([asked, late.promise]).finally(() => clearTimeout(timer))
  }
}
