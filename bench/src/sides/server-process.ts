import { openSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Processes } from '@heronry/launcher/processes.mjs'
import { node24, root } from '@heronry/launcher/workspace.mjs'

export interface ServerCommand {
  readonly name: string
  /** What Node runs: options and a file. */
  readonly args: readonly string[]
  /** All of it: nothing is inherited but PATH. */
  readonly env: NodeJS.ProcessEnv
  /** Answers 200 once the server is ready. */
  readonly healthUrl: string
  readonly log: string
}

const startMaxMs = 60_000

/** A server under Node 24, started; `restart` gives it an empty memory, and `env` beside its own. */
export async function startServer(processes: Processes, command: ServerCommand) {
  let running = await start(processes, command)
  return {
    pid: () => processes.pidOf(command.name),
    restart: async (env: NodeJS.ProcessEnv = {}) => {
      await running.stop()
      running = await start(processes, { ...command, env: { ...command.env, ...env } })
    },
    stop: () => running.stop(),
  }
}

/** Resolves when it answers. */
async function start(processes: Processes, { name, args, env, healthUrl, log }: ServerCommand) {
  const running = processes.start({
    name,
    command: [node24, ...args],
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...env },
    output: openSync(log, 'a', 0o600),
    cwd: root,
    graceS: 10,
  })
  let code: number | undefined
  running.ended.then((it) => {
    code = it
  })
  const deadline = Date.now() + startMaxMs
  while (!(await answers(healthUrl))) {
    if (code !== undefined) throw new Error(`${name} has ended with code ${code}: see ${log}`)
    if (Date.now() > deadline) throw new Error(`${name} does not answer: see ${log}`)
    await delay(50)
  }
  return running
}

function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    (answer) => answer.ok,
    () => false,
  )
}
