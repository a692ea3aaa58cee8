import { type Database, openDatabase } from '@heronry/db/database'
import { type KyselyPlugin, sql } from 'kysely'
import { expect, vi } from 'vitest'
import type { SignUpHouse } from './sign-up-house.ts'

/**
 * Does something once for each of its statements, over a connection that is cut behind the answer to that statement; the last time, nothing
 * is cut. Answers how often it was cut. `check` looks at what is left after each cut.
 */
export async function killedBehindEachStatement(
  house: SignUpHouse,
  { act, check }: { act: (db: Database) => Promise<unknown>; check: () => Promise<void> },
): Promise<number> {
  for (let killed = 0; ; killed++) {
    if (await survives(house, { act, afterStatement: killed + 1 })) return killed
    await check()
  }
}

/** Whether it is done without being cut. */
async function survives(
  house: SignUpHouse,
  { act, afterStatement }: { act: (db: Database) => Promise<unknown>; afterStatement: number },
): Promise<boolean> {
  const applicationName = `victim-${afterStatement}`
  const options = { url: house.url, poolMax: 1, applicationName, role: 'heronry_entryway' }
  const victim = openDatabase({ ...options, onIdleError() {} })
  let answered = 0
  const killer: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      if (++answered === afterStatement) await killConnection(house.db, applicationName)
      return result
    },
  }
  try {
    await act(victim.withPlugin(killer))
    return answered < afterStatement
  } catch (error) {
    if (answered < afterStatement) throw error
    return false
  } finally {
    await victim.destroy()
  }
}

async function killConnection(db: Database, applicationName: string): Promise<void> {
  const alive = () =>
    sql`SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = ${applicationName}`.execute(db)
  await vi.waitFor(async () => expect((await alive()).rows).toEqual([]), { timeout: 5_000, interval: 5 })
}
