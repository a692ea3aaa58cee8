import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { houseSecrets } from '@heronry/compose/house-secrets'
import { freePorts } from '@heronry/testing/free-ports'
import { testPlc } from '@heronry/testing/plc'
import { testDatabase } from '@heronry/testing/postgres'
import { testRedis } from '@heronry/testing/redis'
import { testS3 } from '@heronry/testing/s3'
import { startSmtpSink } from '@heronry/testing/smtp-sink'
import { Child } from './child.ts'
import { type ComposeService, readComposeFile, root } from './compose-file.ts'
import type { House, HouseOptions } from './house.ts'
import { startNginx } from './nginx.ts'

/** The house of docker-compose.yml without containers: its processes can be ended and started one by one. */
export interface ComposeHouse extends House {
  readonly processes: readonly Child[]
}

interface Instance {
  service: ComposeService
  child: Child
  /** Of its public routes, if it has any. */
  port: number
}

/**
 * Runs every command line of docker-compose.yml that runs our image, as often as the file says, with the environment that the file
 * gives it and no other, behind nginx with the generated routes. Postgres, Redis, S3 and the mail server are the test's own.
 */
export async function startComposeHouse({ env = {} }: HouseOptions = {}): Promise<ComposeHouse> {
  await using starting = new AsyncDisposableStack()
  const plc = starting.use(await testPlc())
  const database = starting.use(await testDatabase())
  const redis = starting.use(await testRedis())
  const s3 = starting.use(await testS3({ bucket: 'heronry' }))
  const mail = starting.use(await startSmtpSink())
  const [publicPort = 0] = await freePorts(1)
  const url = `http://localhost:${publicPort}`
  const variables: Record<string, string> = {
    ...exampleVariables(),
    ...houseSecrets(),
    PDS_BLOBSTORE_S3_ACCESS_KEY_ID: s3.options.accessKeyId,
    PDS_BLOBSTORE_S3_SECRET_ACCESS_KEY: s3.options.secretAccessKey,
    PDS_DID_PLC_URL: plc.url,
    HERONRY_PUBLIC_URL: url,
    LOG_LEVEL: 'warn',
    ...env,
  }
  const addresses = {
    'postgres:5432': database.url,
    'valkey:6379': redis.url,
    's3:7070': s3.options.endpoint,
    'mail:1025': mail.url,
  }
  const services = readComposeFile(variables).map((it) => reachable(it, addresses))
  await migrate(services)
  const instances = await makeInstances(services.filter(({ name }) => name !== 'migrate'))
  const processes = instances.map(({ child }) => child)
  const startAll = () => all(processes, (child) => child.start())
  starting.defer(() => all(processes, (child) => child.stop()))
  await startAll()
  const upstreams = Object.groupBy(instances, ({ service }) => service.name)
  const nginx = starting.use(
    await startNginx({
      port: publicPort,
      upstreams: Object.fromEntries(
        Object.entries(upstreams).map(([name, some = []]) => [name, some.map(({ port }) => port)]),
      ),
    }),
  )
  const started = starting.move()
  return {
    url,
    plcUrl: plc.url,
    adminPassword: variables['PDS_ADMIN_PASSWORD'] ?? '',
    database,
    processes,
    kill: () => all(processes, (child) => child.kill()),
    start: startAll,
    output: () => [...processes, nginx].map((it) => it.output).join('\n'),
    flushRedis: () => redis.flush(),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

function exampleVariables(): Record<string, string> {
  return parseEnv(readFileSync(join(root, '.env.example'), 'utf8')) as Record<string, string>
}

/** The same service with the addresses of containers replaced by those of the test. */
function reachable(service: ComposeService, addresses: Readonly<Record<string, string>>): ComposeService {
  const environment = Object.entries(service.environment).map(([name, value]) => {
    const host = URL.canParse(value) ? new URL(value).host : ''
    return [name, name === 'HERONRY_TRUSTED_PROXIES' ? '127.0.0.1,::1' : (addresses[host] ?? value)]
  })
  return { ...service, environment: Object.fromEntries(environment) }
}

async function migrate(services: readonly ComposeService[]): Promise<void> {
  const service = services.find(({ name }) => name === 'migrate')
  if (service === undefined) throw new Error('docker-compose.yml has no service migrate')
  await childOf(service).run()
}

/** Every process has ports of its own; in containers every address has. */
async function makeInstances(services: readonly ComposeService[]): Promise<Instance[]> {
  const wanted = services.flatMap((service) => Array.from({ length: service.replicas }, () => service))
  const ports = await freePorts(wanted.length * 2)
  return wanted.map((service, index) => {
    const [port = 0, internalPort = 0] = ports.slice(index * 2)
    const environment = {
      ...service.environment,
      ...('HERONRY_PORT' in service.environment && { HERONRY_PORT: String(port) }),
      HERONRY_INTERNAL_PORT: String(internalPort),
    }
    const readyUrl = `http://127.0.0.1:${internalPort}/-/ready`
    return { service, port, child: childOf({ ...service, environment }, { readyUrl }) }
  })
}

function childOf(
  { name, command, environment }: ComposeService,
  { readyUrl }: { readyUrl?: string } = {},
): Child {
  const [program, ...args] = command
  if (program !== 'node') throw new Error(`${name} is no Node program`)
  const env = { NODE_ENV: 'production', ...environment }
  return new Child({
    name,
    command: [process.execPath, ...args],
    env,
    cwd: root,
    ...(readyUrl && { readyUrl }),
  })
}

async function all(processes: readonly Child[], act: (child: Child) => Promise<void>): Promise<void> {
  await Promise.all(processes.map(act))
}
