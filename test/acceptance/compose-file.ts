import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export const root = join(import.meta.dirname, '../..')

/** A service of docker-compose.yml that runs our own image. */
export interface ComposeService {
  name: string
  command: string[]
  /** As a container would have it: what is not set anywhere is absent. */
  environment: Record<string, string>
  replicas: number
}

interface FileService {
  image?: string
  command?: string[]
  environment?: Record<string, string | number | boolean | null>
  deploy?: { replicas?: number }
}

/** Our services, with the variables of an `.env` put in as Compose does (https://docs.docker.com/reference/compose-file/interpolation/). */
export function readComposeFile(variables: Readonly<Record<string, string>>): ComposeService[] {
  return Object.entries(fileServices())
    .filter(([, { image }]) => image === 'heronry')
    .map(([name, { command = [], environment = {}, deploy }]) => ({
      name,
      command,
      environment: Object.fromEntries(
        Object.entries(environment).flatMap(([key, value]) => {
          const text = value === null ? variables[key] : interpolated(String(value), variables)
          return text === undefined ? [] : [[key, text]]
        }),
      ),
      replicas: deploy?.replicas ?? 1,
    }))
}

/** Every variable that the file asks for, by `${…}` or by a name without a value. */
export function composeVariables(): Set<string> {
  const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8')
  const named = Object.values(fileServices()).flatMap(({ environment = {} }) =>
    Object.entries(environment).flatMap(([key, value]) => (value === null ? [key] : [])),
  )
  return new Set([...named, ...[...text.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name)])
}

function fileServices(): Record<string, FileService> {
  const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8')
  return parse(text, { merge: true }).services
}

function interpolated(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\{(\w+)(?::(-|\?)([^}]*))?\}/g, (whole, name, operator, argument) => {
    if (whole === '$$') return '$'
    const value = variables[name] || (operator === '-' ? argument : '')
    if (value === '' && operator === '?') throw new Error(`${name} is not set: ${argument}`)
    return value
  })
}
