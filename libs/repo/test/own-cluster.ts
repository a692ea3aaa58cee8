import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '@heronry/db/database'
import { migrateToLatest } from '@heronry/db/migrate'
import { startPostgres } from '@heronry/launcher/postgres-cluster.mjs'
import { Processes } from '@heronry/launcher/processes.mjs'
import type { TestDatabase } from '@heronry/testing/postgres'

/** A Postgres of a test's own, whose backends it may kill: durable, because a crash of it must lose nothing that was committed. */
export async function ownCluster(): Promise<Omit<TestDatabase, 'as'>> {
  const folder = await mkdtemp(join(tmpdir(), 'heronry-cluster-'))
  const processes = new Processes()
  const password = randomBytes(8).toString('hex')
  const paths = { folder: join(folder, 'data'), log: join(folder, 'postgres.log') }
  const url = await startPostgres(processes, { ...paths, password, durable: true })
  const db = openDatabase({ url, poolMax: 10, applicationName: 'heronry-test', onIdleError: () => {} })
  await migrateToLatest(db)
  return {
    db,
    url,
    async [Symbol.asyncDispose]() {
      await db.destroy()
      await processes.stopAll()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
