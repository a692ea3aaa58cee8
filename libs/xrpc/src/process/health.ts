import type { Dependencies } from '@heronry/core/dependencies'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { readyMsMax } from './limits.ts'

/** Whether a request should come here, why not, and what was found. */
export interface Readiness {
  readonly ready: boolean
  readonly reason?: 'starting' | 'draining' | 'database'
  /** Ready, and without something that it goes on without. */
  readonly degraded: boolean
  readonly checks: Readonly<Record<string, 'up' | 'down'>>
}

/**
 * What a process says of itself. Alive: its event loop turns. Started: the schema is what this build knows, its keys open, its
 * parts are made; it never goes back. Ready: started, not draining, and Postgres answers. Whatever else it uses may be gone: Redis
 * hastens, and what S3 or a mail server does not take is refused or tried again, which no other process would do better.
 */
export class Health {
  readonly #db: Database
  readonly #dependencies: Dependencies
  #started = false
  #draining = false

  constructor({ db, dependencies }: { db: Database; dependencies: Dependencies }) {
    this.#db = db
    this.#dependencies = dependencies
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

  /** Never throws. */
  async readiness(): Promise<Readiness> {
    const database = await this.#databaseAnswers()
    const reason = this.#whyNot(database)
    const others = this.#dependencies.states()
    const checks = Object.fromEntries([['database', database] as const, ...others].map(upOrDown))
    if (reason !== undefined) return { ready: false, reason, degraded: false, checks }
    return { ready: true, degraded: [...others.values()].includes(false), checks }
  }

  /** Asked last: it may have been told to end while Postgres took its time. */
  #whyNot(database: boolean): Readiness['reason'] {
    if (this.#draining) return 'draining'
    if (!this.#started) return 'starting'
    return database ? undefined : 'database'
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

function upOrDown([name, isThere]: readonly [string, boolean]): [string, 'up' | 'down'] {
  return [name, isThere ? 'up' : 'down']
}
