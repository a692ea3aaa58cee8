import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '@heronry/launcher/postgres-cluster.mjs'
import { Processes } from '@heronry/launcher/processes.mjs'

/** A Postgres of a test's own, which it may stop, copy and put back. */
export class RollbackCluster implements AsyncDisposable {
  readonly #folder: string
  readonly #password = randomBytes(8).toString('hex')
  #processes = new Processes()

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async make(): Promise<RollbackCluster> {
    return new RollbackCluster(await mkdtemp(join(tmpdir(), 'heronry-cluster-')))
  }

  /** Starts it, from nothing the first time; the URL of its database `heronry`. */
  async start(): Promise<string> {
    this.#processes = new Processes()
    const { data: folder, log } = this.#paths
    return await startPostgres(this.#processes, { folder, log, password: this.#password, durable: false })
  }

  async stop(): Promise<void> {
    await this.#processes.stopAll()
  }

  /** Keeps the data folder as it is now, the server being stopped. */
  async copyData(): Promise<void> {
    await cp(this.#paths.data, this.#paths.copy, { recursive: true })
  }

  /** Puts the copy in the place of the data folder, as somebody who has a volume's snapshot does. */
  async putDataBack(): Promise<void> {
    await rm(this.#paths.data, { recursive: true })
    await cp(this.#paths.copy, this.#paths.data, { recursive: true })
  }

  get #paths() {
    return {
      data: join(this.#folder, 'data'),
      copy: join(this.#folder, 'copy'),
      log: join(this.#folder, 'postgres.log'),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
