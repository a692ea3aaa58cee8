import { freePorts } from '@heronry/testing/free-ports'
import { testPlc } from '@heronry/testing/plc'
import { testDatabase } from '@heronry/testing/postgres'
import { testRedis } from '@heronry/testing/redis'
import { testS3 } from '@heronry/testing/s3'
import { startSmtpSink } from '@heronry/testing/smtp-sink'
import type { Child } from './child.ts'
import { composeServices, houseVariables, type Instance, makeInstances } from './compose-services.ts'
import type { House, HouseOptions } from './house.ts'
import { startNginx } from './nginx.ts'

/** The house of docker-compose.yml without containers: its processes can be ended and started one by one. */
export interface ComposeHouse extends House {
  readonly instances: readonly Instance[]
  readonly processes: readonly Child[]
}

/**
 * Runs every command line of docker-compose.yml that runs our image, as often as the file says and at least `replicasMin` times, with
 * the environment that the file gives it and no other, behind nginx with the generated routes. Postgres, Redis, S3 and the mail server
 * are the test's own.
 */
export async function startComposeHouse({
  env = {},
  replicasMin = 1,
}: HouseOptions & { replicasMin?: number } = {}): Promise<ComposeHouse> {
  await using starting = new AsyncDisposableStack()
  const plc = starting.use(await testPlc())
  const database = starting.use(await testDatabase())
  const redis = starting.use(await testRedis())
  const s3 = starting.use(await testS3({ bucket: 'heronry' }))
  const mail = starting.use(await startSmtpSink())
  const [publicPort = 0] = await freePorts(1)
  const url = `http://localhost:${publicPort}`
  const variables = houseVariables({
    PDS_BLOBSTORE_S3_ACCESS_KEY_ID: s3.options.accessKeyId,
    PDS_BLOBSTORE_S3_SECRET_ACCESS_KEY: s3.options.secretAccessKey,
    PDS_DID_PLC_URL: plc.url,
    HERONRY_PUBLIC_URL: url,
    LOG_LEVEL: 'warn',
    ...env,
  })
  const addresses = {
    'postgres:5432': database.url,
    'valkey:6379': redis.url,
    's3:7070': s3.options.endpoint,
    'mail:1025': mail.url,
  }
  const services = await composeServices(variables, addresses)
  const instances = await makeInstances(
    services.map((it) => ({ ...it, replicas: Math.max(it.replicas, replicasMin) })),
  )
  const processes = instances.map(({ child }) => child)
  const startAll = () => all(processes, (child) => child.start())
  starting.defer(() => assertPermitted(processes))
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
    instances,
    processes,
    kill: () => all(processes, (child) => child.kill()),
    start: startAll,
    output: () => [...processes, nginx].map((it) => it.output).join('\n'),
    flushRedis: () => redis.flush(),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

/** Whatever a test asked of the house: no service has tried what its role may not do. */
function assertPermitted(processes: readonly Child[]): void {
  const refused = processes.flatMap(
    ({ output }) => output.match(/.*(permission denied|must be owner).*/g) ?? [],
  )
  if (refused.length > 0) throw new Error(`A role lacks a right:\n${refused.join('\n')}`)
}

async function all(processes: readonly Child[], act: (child: Child) => Promise<void>): Promise<void> {
  await Promise.all(processes.map(act))
}
