import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type TestPlc, testPlc } from '@heronry/testing/plc'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'

const main = join(import.meta.dirname, '../../services/standalone/src/main.ts')

/** A house of its own: the standalone service as a child process, on a fresh database and a PLC directory. */
export interface House extends AsyncDisposable {
  url: string
  plcUrl: string
  adminPassword: string
  database: TestDatabase
  /** Kills the house with -9, as the machine might. */
  kill(): Promise<void>
  /** Starts it again with the same environment; resolves when it is ready. */
  start(): Promise<void>
  /** What it has written to standard output and error so far. */
  output(): string
}

export interface HouseOptions {
  redis?: boolean
  env?: Record<string, string>
}

export async function startHouse({ redis = false, env = {} }: HouseOptions = {}): Promise<House> {
  const stack = new AsyncDisposableStack()
  const plc: TestPlc = stack.use(await testPlc())
  const database = stack.use(await testDatabase())
  const folder = await mkdtemp(join(tmpdir(), 'heronry-house-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const port = await freePort()
  const adminPassword = randomBytes(8).toString('hex')
  const environment: Record<string, string> = {
    ...houseEnvironment({ port, folder, adminPassword, plcUrl: plc.url, databaseUrl: database.url }),
    ...(redis ? { HERONRY_REDIS_URL: required('HERONRY_TEST_REDIS_URL') } : {}),
    ...env,
  }
  const process_ = new HouseProcess(environment, `http://localhost:${port}`)
  stack.defer(() => process_.stop())
  await process_.start()
  return {
    url: process_.url,
    plcUrl: plc.url,
    adminPassword,
    database,
    kill: () => process_.kill(),
    start: () => process_.start(),
    output: () => process_.output,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

class HouseProcess {
  readonly url: string
  output = ''
  readonly #environment: Record<string, string>
  #child: ChildProcess | undefined

  constructor(environment: Record<string, string>, url: string) {
    this.#environment = environment
    this.url = url
  }

  async start(): Promise<void> {
    const env = { ...inherited(), ...this.#environment }
    const child = spawn(process.execPath, [main], { env, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child = child
    child.stdout.on('data', (chunk) => (this.output += chunk))
    child.stderr.on('data', (chunk) => (this.output += chunk))
    const deadline = Date.now() + 30_000
    while (!(await isHealthy(this.url))) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`No house:\n${this.output}`)
      await delay(25)
    }
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
}

interface Place {
  port: number
  folder: string
  adminPassword: string
  plcUrl: string
  databaseUrl: string
}

function houseEnvironment({
  port,
  folder,
  adminPassword,
  plcUrl,
  databaseUrl,
}: Place): Record<string, string> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'test', alg: 'ES256', use: 'sig' }
  return {
    PDS_PORT: String(port),
    PDS_HOSTNAME: 'localhost',
    PDS_SERVICE_HANDLE_DOMAINS: '.test',
    PDS_INVITE_REQUIRED: 'false',
    PDS_DEV_MODE: 'true',
    PDS_ADMIN_PASSWORD: adminPassword,
    PDS_DID_PLC_URL: plcUrl,
    PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: randomBytes(32).toString('hex'),
    PDS_BLOBSTORE_DISK_LOCATION: join(folder, 'blobs'),
    HERONRY_DATABASE_URL: databaseUrl,
    HERONRY_KEK: randomBytes(32).toString('hex'),
    HERONRY_TOKEN_KEYS: JSON.stringify({ keys: [jwk] }),
    LOG_ENABLED: 'true',
    LOG_LEVEL: 'warn',
  }
}

/** The test run's environment without anything that configures a house. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PDS|HERONRY|LOG)_/.test(name)))
}

async function isHealthy(url: string): Promise<boolean> {
  return fetch(`${url}/xrpc/_health`).then(
    (response) => response.ok,
    () => false,
  )
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

function required(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: run the tests by \`npm test\``)
  return value
}
