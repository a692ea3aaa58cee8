import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { logIn, signUp } from './account.ts'
import { Launch } from './launch.ts'
import { killStarted, startedProcesses, untilNoneIsLeft } from './started-processes.ts'
import { until } from './until.ts'

const kills = {
  'its whole process group': (launch: Launch) => process.kill(-launch.npmPid, 'SIGKILL'),
  'npm alone': (launch: Launch) => process.kill(launch.npmPid, 'SIGKILL'),
  'the launcher alone': (launch: Launch) => killStarted(launch, isLauncher),
  'everything at once': (launch: Launch) => killStarted(launch),
}

test.each(Object.entries(kills))(
  'killed with -9: %s. All ends, and the next start has the data',
  async (_, kill) => {
    await using launch = await Launch.prepare()
    await launch.start()
    const account = await signUp(launch.url)
    kill(launch)
    await untilNoneIsLeft(launch)
    await launch.start()
    await logIn(launch.url, account)
  },
)

test('killed with -9 and started at once, again and again from the first moment on, it gets ready', async () => {
  await using launch = await Launch.prepare()
  for (const ms of [300, 700, 1000, 1300, 1600, 2000, 2500]) {
    launch.begin()
    await delay(ms)
    process.kill(-launch.npmPid, 'SIGKILL')
    await launch.ended()
  }
  await launch.start()
  await logIn(launch.url, await signUp(launch.url))
})

test('a Postgres that outlived everything else is no obstacle', async () => {
  await using launch = await Launch.prepare()
  await launch.start()
  const account = await signUp(launch.url)
  killStarted(launch, (command) => command.startsWith('sh ') || isLauncher(command))
  killStarted(launch, (command) => !isPostgres(command))
  await until(() => startedProcesses(launch).every(({ command }) => isPostgres(command)), {
    timeoutMs: 5000,
    otherwise: () => 'more than Postgres is left',
  })
  expect(await isAlive(await postmasterPid(launch))).toBe(true)
  await launch.start()
  await logIn(launch.url, account)
})

test.each(['a number that another process has now', 'nothing'])(
  'a pid file that a kill has left, with %s in it, is no obstacle',
  async (content) => {
    await using launch = await Launch.prepare()
    await launch.start()
    const account = await signUp(launch.url)
    const file = pidFile(launch)
    const written = await readFile(file, 'utf8')
    killStarted(launch)
    await untilNoneIsLeft(launch)
    await writeFile(file, content === 'nothing' ? '' : written.replace(/^\d+/, String(process.pid)))
    await launch.start()
    await logIn(launch.url, account)
  },
)

const isLauncher = (command: string) => command.endsWith('launcher/start.mjs')
const isPostgres = (command: string) => /^(postgres|\S*\/bin\/postgres)\b/.test(command)
const pidFile = (launch: Launch) => join(launch.folder, 'data/postgres/postmaster.pid')

async function postmasterPid(launch: Launch): Promise<number> {
  return Number.parseInt(await readFile(pidFile(launch), 'utf8'), 10)
}

async function isAlive(pid: number): Promise<boolean> {
  return (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')) !== ''
}
