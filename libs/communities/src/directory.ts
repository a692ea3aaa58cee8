import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Service } from '@heronry/core/service'
import { sleep } from '@heronry/core/sleep'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import type { Community } from './community.ts'
import { CommunityMap, type HostMatch } from './community-map.ts'
import { refreshIntervalMs } from './limits.ts'
import { loadCommunities, readCommunityVersion } from './store.ts'

/**
 * The communities, cached in this process.
 *
 * Invariant: while Postgres answers, a change is seen at most 2 s after it was committed; while it does not, the last known
 * communities go on answering.
 */
export interface CommunityDirectory extends Service {
  /** Throws `UnknownHost`. */
  forHost(hostHeader: string | undefined): Promise<HostMatch>
  /** Throws `NotFound`. */
  byId(id: CommunityId): Promise<Community>
  all(): Promise<readonly Community[]>
  /** The community whose handle domains cover the handle. */
  forHandle(handle: string): Promise<Community | undefined>
}

export function createCommunityDirectory(deps: { db: Database; logger: Logger }): CommunityDirectory {
  return new CachedDirectory(deps)
}

class CachedDirectory implements CommunityDirectory {
  readonly name = 'communities'
  readonly #db: Database
  readonly #logger: Logger
  #version: bigint | undefined
  #map: Promise<CommunityMap> | undefined

  constructor({ db, logger }: { db: Database; logger: Logger }) {
    this.#db = db
    this.#logger = logger
  }

  async forHost(hostHeader: string | undefined): Promise<HostMatch> {
    return (await this.#current()).forHost(hostHeader)
  }

  async byId(id: CommunityId): Promise<Community> {
    const community = (await this.#current()).byId(id)
    if (community === undefined) throw new HeronryError('NotFound', 'No such community')
    return community
  }

  async all(): Promise<readonly Community[]> {
    return (await this.#current()).all
  }

  async forHandle(handle: string): Promise<Community | undefined> {
    return (await this.#current()).forHandle(handle)
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#refresh().catch((error) => this.#logger.warn({ err: error }, 'communities not refreshed'))
      await sleep(refreshIntervalMs, signal)
    }
  }

  async #current(): Promise<CommunityMap> {
    this.#map ??= this.#load().catch((error) => {
      this.#map = undefined
      throw error
    })
    return this.#map
  }

  async #load(): Promise<CommunityMap> {
    // The version first: a change in between is loaded once more, never missed.
    const version = await readCommunityVersion(this.#db)
    const map = new CommunityMap(await loadCommunities(this.#db))
    this.#version = version
    return map
  }

  async #refresh(): Promise<void> {
    if ((await readCommunityVersion(this.#db)) === this.#version) return
    const map = await this.#load()
    this.#map = Promise.resolve(map)
  }
}
