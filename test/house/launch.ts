import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chownSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '@heronry/testing/free-ports'
import { killStarted, markVariable, untilNoneIsLeft } from './started-processes.ts'
import { until } from './until.ts'

export const root = join(import.meta.dirname, '../..')

export interface LaunchOptions {
  env?: Record<string, string>
  /** Whom to run as; the test run's own user unless said. */
  user?: { uid: number; gid: number }
}

/**
 * A data folder of its own on which `npm start` is run, again and again if wanted. The folder is closed to everybody else.
 * When disposed, nothing it has started is left.
 */
export class Launch implements AsyncDisposable {
  readonly mark = randomBytes(8).toString('hex')
  readonly folder: string
  readonly url: string
  readonly #environment: NodeJS.ProcessEnv
  readonly #user: LaunchOptions['user']
  #npm: ChildProcess | undefined
  #output = ''

  private constructor(folder: string, port: number, options: LaunchOptions & { plcPort: number }) {
    this.folder = folder
    this.url = `http://localhost:${port}`
    this.#user = options.user
    this.#environment = {
      ...inherited(),
      [markVariable]: this.mark,
      HOME: folder,
      HERONRY_DATA_DIR: join(folder, 'data'),
      HERONRY_PLC_PORT: String(options.plcPort),
      PDS_PORT: String(port),
      ...options.env,
    }
  }

  static async prepare(options: LaunchOptions = {}): Promise<Launch> {
    const folder = await mkdtemp(join(tmpdir(), 'heronry-launch-'))
    if (options.user) chownSync(folder, options.user.uid, options.user.gid)
    const [port = 0, plcPort = 0] = await freePorts(2)
    return new Launch(folder, port, { ...options, plcPort })
  }

  /** `npm start` in a process group of its own; returns at once. */
  begin(): void {
    this.#output = ''
    const npm = spawn('npm', ['start', '--silent'], {
      ...this.#user,
      cwd: root,
      env: this.#environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (chunk) => (this.#output += chunk))
    this.#npm = npm
  }

  /** Begins, and resolves when the house says that it is ready. */
  async start(): Promise<void> {
    this.begin()
    await this.untilReady()
  }

  async untilReady(): Promise<void> {
    const otherwise = () => `The house is not ready:\n${this.#output}`
    await until(() => this.#output.includes('Ctrl-C') || !this.isRunning, { timeoutMs: 30_000, otherwise })
    if (!this.isRunning) throw new Error(otherwise())
  }

  /** What `npm start` has printed since it was last begun. */
  get output(): string {
    return this.#output
  }

  get isRunning(): boolean {
    return this.#npm?.exitCode === null && this.#npm.signalCode === null
  }

  /** The number of the npm process, which is also that of its group. */
  get npmPid(): number {
    return this.#npm?.pid ?? 0
  }

  /** Sends npm a signal as a terminal or an init system would, and resolves with its exit code. */
  async signal(signal: NodeJS.Signals): Promise<number | null> {
    this.#npm?.kill(signal)
    return this.ended()
  }

  async ended(): Promise<number | null> {
    if (this.#npm && this.isRunning) await once(this.#npm, 'exit')
    return this.#npm?.exitCode ?? null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    killStarted(this)
    await untilNoneIsLeft(this)
    await rm(this.folder, { recursive: true, force: true, maxRetries: 20 })
  }
}

/** The test run's environment without what configures a house or comes from another npm. */
function inherited(): NodeJS.ProcessEnv {
  const foreign = /^(PDS|HERONRY|LOG|VITEST|npm)_|^(NODE_ENV|CI|FORCE_COLOR)$/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)))
}
