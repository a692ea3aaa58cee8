import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './ports.mjs'

const startMaxMs = 10_000

export function hasRedis() {
  return spawnSync('redis-server', ['--version']).status === 0
}

/**
 * The `redis-server` of PATH on a free port of the loopback, keeping nothing: whatever it holds may vanish.
 *
 * @param {import('./processes.mjs').Processes} processes
 * @param {{ folder: string, password: string, output: number | 'ignore' }} place where its configuration goes
 * @returns {Promise<string>} its URL
 */
export async function startRedis(processes, { folder, password, output }) {
  const port = await freePort()
  const configuration = join(folder, 'redis.conf')
  const settings = {
    port,
    bind: '127.0.0.1',
    requirepass: password,
    dir: `"${folder}"`,
    save: '""',
    appendonly: 'no',
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`)
  writeFileSync(configuration, lines.join(''), { mode: 0o600 })
  const redis = processes.start({
    name: 'redis-server',
    command: ['redis-server', configuration],
    env: process.env,
    output,
  })
  processes.need(redis)
  const deadline = Date.now() + startMaxMs
  while (!(await accepts(port))) {
    if (Date.now() > deadline) throw new Error('redis-server does not answer')
    await delay(20)
  }
  return `redis://:${password}@127.0.0.1:${port}`
}

/** @param {number} port @returns {Promise<boolean>} */
function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
