import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testPlc } from '@heronry/testing/plc'
import { type TestRedis, testRedis } from '@heronry/testing/redis'
import { testS3 } from '@heronry/testing/s3'
import type { Child } from '../child.ts'
import { composeServices, houseVariables, type Instance, makeInstances } from '../compose-services.ts'
import { communitiesFile } from '../two-communities.ts'
import { type CrashingPostgres, crashingPostgres } from './crashing-postgres.ts'

/** A house of two communities whose every part can be taken away: nothing of it is shared with another test. */
export interface NemesisHouse extends AsyncDisposable {
  readonly postgres: CrashingPostgres
  readonly redis: TestRedis
  readonly processes: readonly Child[]
  readonly entryways: readonly string[]
  readonly apis: readonly string[]
  readonly edges: readonly string[]
}

/** How many processes of each kind there are: three that write, two that number events, two that tell of them. */
const counts = { entryway: 1, api: 3, leader: 2, edge: 2 }

export async function nemesisHouse(): Promise<NemesisHouse> {
  await using starting = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'heronry-nemesis-'))
  starting.defer(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'communities.yaml'), communitiesFile)
  const plc = starting.use(await testPlc())
  const s3 = starting.use(await testS3({ bucket: 'heronry' }))
  const redis = starting.use(await testRedis())
  const postgres = starting.use(await crashingPostgres())
  const variables = houseVariables({
    PDS_BLOBSTORE_S3_ACCESS_KEY_ID: s3.options.accessKeyId,
    PDS_BLOBSTORE_S3_SECRET_ACCESS_KEY: s3.options.secretAccessKey,
    PDS_DID_PLC_URL: plc.url,
    HERONRY_COMMUNITIES_FILE: join(folder, 'communities.yaml'),
    LOG_LEVEL: 'warn',
  })
  const addresses = {
    'postgres:5432': postgres.url,
    'valkey:6379': redis.url,
    's3:7070': s3.options.endpoint,
  }
  const instances = await instancesOf(await composeServices(variables, addresses))
  const processes = Object.values(instances).flatMap((some = []) => some.map(({ child }) => child))
  starting.defer(async () => {
    for (const child of processes) child.resume()
    await Promise.all(processes.map((child) => child.stop()))
  })
  await Promise.all(processes.map((child) => child.start()))
  const urlsOf = (name: keyof typeof counts) =>
    instances[name]?.map(({ port }) => `http://127.0.0.1:${port}`) ?? []
  const started = starting.move()
  return {
    postgres,
    redis,
    processes,
    entryways: urlsOf('entryway'),
    apis: urlsOf('api'),
    edges: urlsOf('edge'),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

/** By kind; the two roles of a sequencer are kinds of their own. */
async function instancesOf(
  services: Awaited<ReturnType<typeof composeServices>>,
): Promise<Partial<Record<string, Instance[]>>> {
  const wanted = Object.entries(counts).flatMap(([kind, count]) => {
    const isRole = kind === 'leader' || kind === 'edge'
    const service = services.find(({ name }) => name === (isRole ? 'sequencer' : kind))
    if (service === undefined) throw new Error(`docker-compose.yml has no service ${kind}`)
    const environment = { ...service.environment, ...(isRole && { HERONRY_SEQUENCER_ROLE: kind }) }
    return Array.from({ length: count }, (_, index) => ({
      ...service,
      name: `${kind} ${index}`,
      environment,
      replicas: 1,
    }))
  })
  const instances = await makeInstances(wanted)
  return Object.groupBy(instances, ({ service }) => service.name.replace(/ \d+$/, ''))
}
