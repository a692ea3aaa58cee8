import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '@heronry/launcher/postgres-cluster.mjs'
import { Processes } from '@heronry/launcher/processes.mjs'
import { openDoor } from '@heronry/testing/door'

/**
 * A Postgres of a test's own that can be shut down in `immediate` mode, which is a crash: what was committed is in the log, and all
 * else is recovered at the next start. Nothing is synced to the disk, for the machine itself does not crash.
 */
export interface CrashingPostgres extends AsyncDisposable {
  /** The same for all its lives. */
  readonly url: string
  /** Resolves when it accepts connections again. */
  restartAtOnce(): Promise<void>
}

export async function crashingPostgres(): Promise<CrashingPostgres> {
  await using starting = new AsyncDisposableStack()
  const parent = await mkdtemp(join(tmpdir(), 'heronry-cluster-'))
  starting.defer(() => rm(parent, { recursive: true, force: true }))
  const folder = join(parent, 'data')
  const cluster = {
    folder,
    log: join(parent, 'postgres.log'),
    password: randomBytes(8).toString('hex'),
    durable: false,
    settings: { synchronous_commit: 'on', full_page_writes: 'on' },
  }
  let processes = new Processes()
  starting.defer(() => processes.stopAll())
  const door = starting.use(await openDoor(await startPostgres(processes, cluster)))
  const started = starting.move()
  return {
    url: door.url,
    async restartAtOnce() {
      door.shut()
      const [pid] = (await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n')
      process.kill(Number(pid), 'SIGQUIT')
      await processes.stopAll()
      processes = new Processes()
      door.leadTo(await startPostgres(processes, cluster))
      door.open()
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}
