import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { runCli } from '@heronry/cli/cli'
import type { House } from './house.ts'

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

export interface RunOptions {
  env?: Record<string, string>
  /** What comes through a pipe. */
  stdin?: string
  /** What a person types at a terminal. */
  typed?: string
}

/** The command, with nothing of this process's environment; in this process, because a process of its own costs ten times as much. */
export async function heronry(
  args: readonly string[],
  { env = {}, stdin = '', typed }: RunOptions = {},
): Promise<Ran> {
  const terminal = {
    env: { ...bare(), ...env },
    stdin: Object.assign(new PassThrough(), { isTTY: typed !== undefined }),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
  }
  terminal.stdin.end(typed ?? stdin)
  const printed = Promise.all([text(terminal.stdout), text(terminal.stderr)])
  const code = await runCli(terminal, args)
  terminal.stdout.end()
  terminal.stderr.end()
  const [stdout, stderr] = await printed
  return { code, stdout, stderr }
}

/** What `sh` makes of the line, where `heronry` is the command as npm installs it. */
export async function inShell(line: string, { env = {} }: Pick<RunOptions, 'env'> = {}): Promise<Ran> {
  const child = spawn('sh', ['-c', line], {
    env: { ...bare(), PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { code, stdout, stderr }
}

/** The environment of who administers the house, and owns its database. */
export function administrator(house: House): Record<string, string> {
  return {
    HERONRY_URL: house.url,
    PDS_ADMIN_PASSWORD: house.adminPassword,
    HERONRY_DATABASE_URL: house.database.url,
  }
}

const root = join(import.meta.dirname, '../..')

function bare(): Record<string, string> {
  return {
    XDG_CONFIG_HOME: '/nonexistent',
    NODE_COMPILE_CACHE: join(tmpdir(), 'heronry-compile-cache'),
  }
}
