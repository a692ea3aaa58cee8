import type { EnvironmentReader } from './environment-reader.ts'
import type { ServiceName } from './house-config.ts'

/** Connections of a pool, unless told. */
export const poolMaxDefault = 20

/** A password has the characters of a URL that need no escape. */
const loginPattern = /^([a-z-]+)=([A-Za-z0-9._~-]{16,128})$/

const services = ['entryway', 'api', 'sequencer', 'blob-worker', 'email'] as const satisfies ServiceName[]

export function readDatabaseUrl(reader: EnvironmentReader): string {
  reader.required('DATABASE_URL', 'a postgres:// URL')
  return reader.url('DATABASE_URL', ['postgres:', 'postgresql:']) ?? ''
}

/** Undefined for the whole house in one process, which is every service at once. */
export function readDatabaseRole(reader: EnvironmentReader, service: ServiceName): string | undefined {
  const role = reader.string('DATABASE_ROLE')
  if (role === undefined) return service === 'standalone' ? undefined : roleOf(service)
  if (role === 'none') return undefined
  if (/^[a-z_][a-z0-9_]{0,62}$/.test(role)) return role
  reader.problems.push('HERONRY_DATABASE_ROLE must be the name of a role, in lower case, or none')
  return undefined
}

/** HERONRY_DATABASE_PASSWORDS: `<service>=<password>`, separated by commas; by the role of each service. */
export function readRolePasswords(reader: EnvironmentReader): ReadonlyMap<string, string> {
  const passwords = new Map<string, string>()
  for (const entry of reader.list('DATABASE_PASSWORDS')) {
    const [, name, password] = loginPattern.exec(entry) ?? []
    const service = services.find((it) => it === name)
    if (service !== undefined && password !== undefined) passwords.set(roleOf(service), password)
    else reader.problems.push(passwordsProblem)
  }
  return passwords
}

const passwordsProblem = `HERONRY_DATABASE_PASSWORDS must be a list of <service>=<password>, separated by commas: each \
service one of ${services.join(', ')}, each password 16 to 128 letters, digits or ._~-`

/** As migration 0002 makes them. */
function roleOf(service: ServiceName): string {
  return `heronry_${service.replace('-', '_')}`
}
