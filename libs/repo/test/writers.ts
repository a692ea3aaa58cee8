import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { RepoActor } from '../src/repo-state.ts'

/** What a process of writer-process.ts does. */
export interface WriterPlan {
  url: string
  /** Hex of the key-encryption key. */
  kek: string
  actors: readonly { id: string; did: string; communityId: number }[]
  /** Part of the keys it writes. */
  name: string
  /** Requests one after the other to each repo, from each of two hands. */
  rounds: number
  seed: number
  clockOffMs: number
}

/** One request's answer: the commit, null where nothing changed, or why not. Every request creates the record `name`. */
export interface Written {
  actor: string
  name: string
  cid?: string | null
  code?: string
}

export type Told = 'ready' | Written

export interface WritersOptions {
  url: string
  kek: Buffer
  actors: readonly RepoActor[]
  processes: number
  rounds: number
  seed: number
}

/** Processes that all write the same repos, from the same moment on. */
export class Writers implements AsyncDisposable {
  readonly told: Written[] = []
  readonly #children: ChildProcess[]
  readonly #ready: Promise<unknown>
  readonly #ended: Promise<unknown>

  constructor({ url, kek, actors, processes, rounds, seed }: WritersOptions) {
    const named = actors.map(({ id, did, communityId }) => ({ id: String(id), did, communityId }))
    const common = { url, kek: kek.toString('hex'), actors: named, rounds }
    this.#children = Array.from({ length: processes }, (_, index) => {
      // The second process is behind, the third ahead of its time.
      const clockOffMs = [0, -3_600_000, 2_000, 0][index % 4] ?? 0
      const plan: WriterPlan = { ...common, name: `p${index}`, seed: seed + index, clockOffMs }
      const argv = [fileURLToPath(import.meta.resolve('./writer-process.ts')), JSON.stringify(plan)]
      return spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] })
    })
    const ready = this.#children.map(() => Promise.withResolvers<void>())
    for (const [index, child] of this.#children.entries()) {
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
        const told = JSON.parse(line) as Told
        if (told === 'ready') ready[index]?.resolve()
        else this.told.push(told)
      })
    }
    this.#ready = Promise.all(ready.map(({ promise }) => promise))
    this.#ended = Promise.all(this.#children.map((child) => once(child, 'close')))
  }

  async start(): Promise<void> {
    await Promise.race([
      this.#ready,
      this.#ended.then(() => Promise.reject(new Error('The writers have ended'))),
    ])
    for (const child of this.#children) child.stdin?.end('go\n')
  }

  /** Everything they were told, once they have ended. */
  async finished(): Promise<readonly Written[]> {
    await this.#ended
    const codes = this.#children.map((child) => child.exitCode)
    if (codes.some((code) => code !== 0)) throw new Error(`The writers ended with ${codes}`)
    return this.told
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    await this.#ended
  }
}
