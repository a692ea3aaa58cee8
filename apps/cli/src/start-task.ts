import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { CliError, type ExitReason, exitCodes } from './exit-codes.ts'
import { answerBytesMax } from './limits.ts'
import type { Terminal } from './terminal.ts'

const services = join(import.meta.dirname, '../../../services')

const reasons: Readonly<Record<number, ExitReason>> = {
  [exitCodes.conflict]: 'conflict',
  [exitCodes.unavailable]: 'unavailable',
}

export interface Task {
  readonly service: 'api' | 'blob-worker' | 'email' | 'entryway' | 'sequencer'
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Runs a task of a service, which opens the database that HERONRY_DATABASE_URL names; its answer is the JSON it prints. What it
 * writes to standard error is shown as it comes. The database is what makes the operator: there is no other right to ask for.
 */
export async function startTask(
  { env, stderr }: Terminal,
  { service, args, env: own }: Task,
): Promise<unknown> {
  const main = join(services, service, 'src/main.ts')
  const child = spawn(process.execPath, [main, '--task', ...args], {
    env: { ...env, ...own },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let hasSaidWhy = false
  child.stderr.on('data', (chunk) => {
    hasSaidWhy = true
    stderr.write(chunk)
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    printed += chunk
    if (printed.length > answerBytesMax) child.kill()
  })
  const [code] = await once(child, 'close')
  if (code === 0) return JSON.parse(printed)
  throw new CliError(reasons[code] ?? 'failure', hasSaidWhy ? '' : `${args[0]} has failed`)
}
