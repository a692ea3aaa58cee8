import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { CliError } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** Who has logged in where: the house that is asked unless --url says otherwise, and the admin password of each. */
export interface Credentials {
  readonly url?: string
  readonly passwords: Readonly<Record<string, string>>
}

/** `$XDG_CONFIG_HOME/heronry/credentials.json`, which nobody but its owner may read. */
export async function readCredentials({ env }: Terminal): Promise<Credentials> {
  const path = pathOf(env)
  const text = await readFile(path, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return { passwords: {} }
  try {
    const { url, passwords } = JSON.parse(text)
    return { ...(typeof url === 'string' && { url }), passwords: Object(passwords) }
  } catch {
    throw new CliError('failure', `${path} is not JSON: delete it and log in again`)
  }
}

/** kill -9 here → the former file stands whole. */
export async function writeCredentials({ env }: Terminal, credentials: Credentials): Promise<void> {
  const path = pathOf(env)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const beside = `${path}.${process.pid}`
  await writeFile(beside, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 })
  await rename(beside, path)
}

function pathOf(env: Terminal['env']): string {
  return join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'heronry/credentials.json')
}
