import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { houseSecrets } from '@heronry/compose/house-secrets'
import { freePorts } from '@heronry/testing/free-ports'
import { Child } from './child.ts'
import { type ComposeService, readComposeFile, root } from './compose-file.ts'

export interface Instance {
  service: ComposeService
  child: Child
  /** Of its public routes, if it has any. */
  port: number
  internalUrl: string
}

/** What `.env` says, the example's secrets made. */
export function houseVariables(given: Readonly<Record<string, string>>): Record<string, string> {
  return { ...exampleVariables(), ...houseSecrets(), ...rolePasswords, ...given }
}

/** The services of docker-compose.yml that last, each address of a container replaced by that of the test; the database is migrated. */
export async function composeServices(
  variables: Readonly<Record<string, string>>,
  addresses: Readonly<Record<string, string>>,
): Promise<ComposeService[]> {
  const services = readComposeFile(variables).map((it) => reachable(it, addresses))
  await migrate(services)
  return services.filter(({ name }) => name !== 'migrate')
}

/** Every process has ports of its own; in containers every address has. */
export async function makeInstances(services: readonly ComposeService[]): Promise<Instance[]> {
  const wanted = services.flatMap((service) => Array.from({ length: service.replicas }, () => service))
  const ports = await freePorts(wanted.length * 2)
  return wanted.map((service, index) => {
    const [port = 0, internalPort = 0] = ports.slice(index * 2)
    const environment = {
      ...service.environment,
      ...('HERONRY_PORT' in service.environment && { HERONRY_PORT: String(port) }),
      HERONRY_INTERNAL_PORT: String(internalPort),
    }
    const internalUrl = `http://127.0.0.1:${internalPort}`
    const readyUrl = `${internalUrl}/-/ready`
    return { service, port, internalUrl, child: childOf({ ...service, environment }, { readyUrl }) }
  })
}

function exampleVariables(): Record<string, string> {
  return parseEnv(readFileSync(join(root, '.env.example'), 'utf8')) as Record<string, string>
}

/** Roles belong to the cluster: every test that lets them log in gives them this password. */
const rolePasswords = Object.fromEntries(
  ['ENTRYWAY', 'API', 'SEQUENCER', 'BLOB_WORKER', 'EMAIL'].map((name) => [
    `POSTGRES_${name}_PASSWORD`,
    'a-password-of-tests',
  ]),
)

/** The same service with the addresses of containers replaced by those of the test. */
function reachable(service: ComposeService, addresses: Readonly<Record<string, string>>): ComposeService {
  const environment = Object.entries(service.environment).map(([name, value]) => [
    name,
    name === 'HERONRY_TRUSTED_PROXIES' ? '127.0.0.1,::1' : readdressed(value, addresses),
  ])
  return { ...service, environment: Object.fromEntries(environment) }
}

/** Who logs in stays, but for the owner of the database: the test's has another name. */
function readdressed(value: string, addresses: Readonly<Record<string, string>>): string {
  if (!URL.canParse(value)) return value
  const { host, username, password } = new URL(value)
  const address = addresses[host]
  if (address === undefined || !username.startsWith('heronry_')) return address ?? value
  return Object.assign(new URL(address), { username, password }).toString()
}

async function migrate(services: readonly ComposeService[]): Promise<void> {
  const service = services.find(({ name }) => name === 'migrate')
  if (service === undefined) throw new Error('docker-compose.yml has no service migrate')
  await childOf(service).run()
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
