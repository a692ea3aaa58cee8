import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { CliError } from './exit-codes.ts'
import { answerBytesMax } from './limits.ts'
import type { Terminal } from './terminal.ts'

const services = join(import.meta.dirname, '../../../services')

export interface Task {
  readonly service: 'api' | 'entryway' | 'sequencer'
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
  const main = join(services, service, 'src/tasks/main.ts')
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...env, ...own },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stderr.on('data', (chunk) => stderr.write(chunk))
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    printed += chunk
    if (printed.length > answerBytesMax) child.kill()
  })
  const [code] = await once(child, 'close')
  if (code === 0) return JSON.parse(printed)
  throw new CliError(code === 5 ? 'unavailable' : 'failure', `${args[0]} has failed`)
}
