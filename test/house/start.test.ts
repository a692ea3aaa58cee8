import { execFile, spawnSync } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Launch, type LaunchOptions, root } from './launch.ts'
import { startedProcesses, untilNoneIsLeft } from './started-processes.ts'

/** Root tries an ordinary user as well, where the checkout is not closed to it. */
const users: { who: string; options: LaunchOptions }[] = [{ who: 'the user of the tests', options: {} }]
const ordinary = { uid: 65534, gid: 65534 }
const mayEnter = () => spawnSync('test', ['-r', join(root, 'package.json')], ordinary).status === 0
if (process.getuid?.() === 0 && mayEnter()) users.push({ who: 'nobody', options: { user: ordinary } })

test.each(users)(
  'started by $who, the house prints commands that work as they stand',
  async ({ options }) => {
    await using launch = await Launch.prepare(options)
    await launch.start()
    const commands = launch.output.split('\n').filter((line) => line.startsWith('curl '))
    expect(commands).toHaveLength(3)
    const answers = []
    for (const command of commands) {
      const { stdout } = await promisify(execFile)('sh', ['-c', command], { timeout: 20_000 })
      answers.push(stdout)
    }
    expect(answers[0]).toContain('"did":"did:plc:')
    expect(answers[1]).toContain('"uri":"at://did:plc:')
    expect(answers[2]).toContain('Hello from the heronry')
  },
)

describe('a house that has been started', () => {
  let launch: Launch
  beforeAll(async () => {
    launch = await Launch.prepare()
    await launch.start()
  })
  afterAll(() => launch[Symbol.asyncDispose]())

  test('the admin password it prints is the one that counts, and its file is closed to others', async () => {
    const password = /admin password: (\S+)/.exec(launch.output)?.[1]
    const answer = await fetch(`${launch.url}/xrpc/com.atproto.server.createInviteCode`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`,
      },
      body: '{"useCount":1}',
    })
    expect(answer.status).toBe(200)
    expect((await stat(join(launch.folder, 'data/secrets.json'))).mode & 0o777).toBe(0o600)
  })

  /** What overwrites its own environment is known by the shell that guards it, and has the same. */
  test('the environment reaches every process', async () => {
    const commands = startedProcesses(launch).map(({ command }) => command)
    for (const part of ['start.mjs', 'standalone/src/main.ts', 'plc.ts', 'bin/postgres', 'redis-server /']) {
      expect(commands.filter((command) => command.includes(part))).not.toEqual([])
    }
  })

  test('a second start on the same data says so and ends; the first goes on', async () => {
    const second = spawnSync(process.execPath, [join(root, 'launcher/start.mjs')], {
      env: { ...process.env, HERONRY_DATA_DIR: join(launch.folder, 'data') },
      encoding: 'utf8',
    })
    expect(second.stderr).toContain('already running')
    expect(second.status).toBe(1)
    expect((await fetch(`${launch.url}/xrpc/_health`)).status).toBe(200)
  })

  test('captured mail is shown', async () => {
    expect((await fetch(`${launch.url}/dev/mail.json`)).status).toBe(200)
  })
})

test.each(['SIGINT', 'SIGTERM'] as const)('%s stops all it has started within 10 s', async (signal) => {
  await using launch = await Launch.prepare()
  await launch.start()
  const begun = Date.now()
  await launch.signal(signal)
  await untilNoneIsLeft(launch)
  expect(Date.now() - begun).toBeLessThan(10_000)
})

test('a port that is taken is told, with what to do', async () => {
  await using launch = await Launch.prepare()
  const server = createServer().listen(Number(new URL(launch.url).port))
  try {
    launch.begin()
    expect(await launch.ended()).toBe(1)
    expect(launch.output).toContain('is taken by another program')
    expect(launch.output).toContain('PDS_PORT=')
  } finally {
    server.close()
  }
})

test('a PLC directory and a mail server of our own keep the local ones from being started', async () => {
  const env = {
    PDS_DID_PLC_URL: 'http://localhost:9',
    PDS_EMAIL_SMTP_URL: 'smtp://localhost:9',
    PDS_EMAIL_FROM_ADDRESS: 'house@example.com',
  }
  await using launch = await Launch.prepare({ env })
  await launch.start()
  expect(startedProcesses(launch).filter(({ command }) => command.includes('plc.ts'))).toEqual([])
  expect((await fetch(`${launch.url}/dev/mail.json`)).status).toBe(404)
})
