import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export interface ChildOptions {
  name: string
  command: readonly string[]
  env: Record<string, string>
  cwd?: string
  /** Answers 200 once the process is ready. */
  readyUrl?: string
}

/** Long, because a machine may be busy with other tests. */
const startMaxMs = 60_000

/** They end with the test run, however it ends. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A command that runs, is stopped or killed, and runs again. */
export class Child {
  readonly name: string
  output = ''
  readonly #options: ChildOptions
  #process: ChildProcess | undefined

  constructor(options: ChildOptions) {
    this.name = options.name
    this.#options = options
  }

  /** Resolves when it is ready. */
  async start(): Promise<void> {
    const { readyUrl = '' } = this.#options
    this.#spawn()
    const deadline = Date.now() + startMaxMs
    while (!(await answers(readyUrl))) {
      if (!this.runs || Date.now() > deadline) throw new Error(`No ${this.name}:\n${this.output}`)
      await delay(25)
    }
  }

  /** Resolves when it has ended by itself; rejects when it has failed. */
  async run(): Promise<void> {
    const [code] = await once(this.#spawn(), 'exit')
    if (code !== 0) throw new Error(`${this.name} has failed:\n${this.output}`)
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  /** As an init system would. */
  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  /** It does nothing and knows nothing until it is resumed; its sockets stay open. */
  pause(): void {
    this.#process?.kill('SIGSTOP')
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  /** False, too, after an end that nobody asked for. */
  get runs(): boolean {
    return this.#process?.exitCode === null && this.#process.signalCode === null
  }

  get exitCode(): number | null {
    return this.#process?.exitCode ?? null
  }

  #spawn(): ChildProcess {
    const { command, env, cwd } = this.#options
    const [program = '', ...args] = command
    // What one process has compiled the others need not: a third of what a start costs.
    const cache = { NODE_COMPILE_CACHE: join(tmpdir(), 'heronry-compile-cache') }
    const child = spawn(program, args, {
      env: { ...cache, ...inherited(), ...env },
      cwd,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    running.add(child)
    child.once('exit', () => running.delete(child))
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (this.output += chunk))
    this.#process = child
    return child
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#process === undefined || !this.runs) return
    const ended = once(this.#process, 'exit')
    this.#process.kill(signal)
    await ended
  }
}

/** The test run's environment without anything that configures a house. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(PDS|HERONRY|LOG|OTEL)_/.test(name)),
  )
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  )
}
