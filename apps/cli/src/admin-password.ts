import { readFile } from 'node:fs/promises'
import type { Credentials } from './credentials.ts'
import { CliError } from './exit-codes.ts'
import { lineBytesMax } from './limits.ts'
import { askSecret, readLine, type Terminal } from './terminal.ts'

/** Never an argument, which every process of the machine may read. */
export interface PasswordSources {
  readonly passwordStdin?: true | undefined
  readonly passwordFile?: string | undefined
}

/** The admin password: --password-stdin, --password-file, the environment, what was logged in with, or a person. */
export async function adminPassword(
  terminal: Terminal,
  { passwordStdin, passwordFile }: PasswordSources,
  { url, credentials }: { url: string; credentials?: Credentials },
): Promise<string> {
  const question = `Admin password of ${url}`
  // A person who types it is not shown what is typed.
  if (passwordStdin) return terminal.stdin.isTTY ? askSecret(terminal, question) : readLine(terminal)
  if (passwordFile !== undefined) return firstLineOf(passwordFile)
  const { env } = terminal
  const known = env['HERONRY_ADMIN_PASSWORD'] || env['PDS_ADMIN_PASSWORD'] || credentials?.passwords[url]
  return known || askSecret(terminal, question)
}

async function firstLineOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw new CliError('usage', `${path} cannot be read: ${error.code}`)
  })
  const [line = ''] = text.split(/\r?\n/, 1)
  if (line !== '' && Buffer.byteLength(line) <= lineBytesMax) return line
  throw new CliError('usage', `The first line of ${path} must be a password of 1 to ${lineBytesMax} bytes`)
}
