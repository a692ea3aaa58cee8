import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePorts } from '@heronry/testing/free-ports'

const root = join(import.meta.dirname, '../../..')

export interface Started extends AsyncDisposable {
  readonly url: string
  readonly internalUrl: string
  readonly process: ChildProcess
  output(): string
  /** The code the process ended with. */
  readonly ended: Promise<number | null>
}

/** A service's main.ts as a process, with this environment and ports of its own. */
export async function start(
  service: string,
  env: Record<string, string>,
  ...args: string[]
): Promise<Started> {
  const [port = 0, internalPort = 0] = await freePorts(2)
  const child = spawn(process.execPath, [join(root, `services/${service}/src/main.ts`), ...args], {
    env: {
      PATH: process.env['PATH'],
      ...env,
      HERONRY_PORT: `${port}`,
      HERONRY_INTERNAL_PORT: `${internalPort}`,
    },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  return {
    url: `http://127.0.0.1:${port}`,
    internalUrl: `http://127.0.0.1:${internalPort}`,
    process: child,
    output: () => output,
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill('SIGKILL')
      await ended
    },
  }
}

/** The status of what is asked; 0 where nobody answers. */
export function statusOf(url: string): Promise<number> {
  return fetch(url).then(
    ({ status }) => status,
    () => 0,
  )
}

/** What is answered in JSON; status 0 where nobody answers. */
export function answerOf(url: string): Promise<{ status: number; body: unknown }> {
  return fetch(url).then(
    async (response) => ({ status: response.status, body: await response.json() }),
    () => ({ status: 0, body: undefined }),
  )
}

export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 25_000
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`Not in time: ${what}`)
    await delay(20)
  }
}
