import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Processes } from '@heronry/launcher/processes.mjs'
import { testPlc } from '@heronry/testing/plc'
import type { Case } from './cases/case.ts'
import { catalogue } from './cases/catalogue.ts'
import { createPosts } from './cases/create-record.ts'
import { startAppView } from './load/app-view.ts'
import { expectOk, House } from './load/house.ts'
import { inParallel } from './load/in-parallel.ts'
import type { Options } from './options.ts'
import { statementSettings } from './profile/postgres-statements.ts'
import { described } from './report/described.ts'
import { failedRow, rowsOf, tableOf } from './report/table.ts'
import { writeResults } from './report/write-results.ts'
import { type Course, type Measured, runCase } from './run-case.ts'
import { startOurs } from './sides/ours.ts'
import { startReference } from './sides/reference.ts'
import { serverPort } from './sides/server-port.ts'
import type { SideOptions } from './sides/side.ts'

const warmUp = { accounts: 10, ops: 1_500, inFlight: 16 }

/** Both servers on empty folders, every line that is wanted, a table. @returns whether all its numbers count */
export async function bench(processes: Processes, options: Options & { folder: string }): Promise<boolean> {
  const startedAt = new Date().toISOString()
  const cases = wantedOf(catalogue(options), options.lines)
  if (cases.length === 0) throw new Error(`There is no line ${options.lines.join(', ')}`)
  await using plc = await testPlc()
  await using appView = await startAppView()
  const { houses, profiled } = await startBoth(processes, { ...options, plcUrl: plc.url, appView })
  await Promise.all([houses.ours, houses.reference].map((house) => house && warm(house, options)))
  const { lines, failed } = await runCases(cases, { houses, profiled, rounds: options.rounds })
  const rows = cases.flatMap((it) => (failed.has(it.name) ? [failedRow(it)] : rowsOf(it, lines)))
  console.log(`\n${tableOf(rows)}`)
  const isWhole = options.lines.length === 0 && !options.quick && !options.alone && !options.profile
  if (isWhole) writeResults({ startedAt, rounds: options.rounds, rows, lines })
  return failed.size === 0 && [...lines.values()].every(({ problem }) => problem === undefined)
}

/** A whole name means that line alone, another beginning all that begin so. */
function wantedOf(cases: readonly Case[], wanted: readonly string[]): Case[] {
  const names = new Set(cases.map(({ name }) => name))
  const matches = (name: string) => (it: string) => (names.has(it) ? it === name : name.startsWith(it))
  return cases.filter(({ name }) => wanted.length === 0 || wanted.some(matches(name)))
}

async function startBoth(
  processes: Processes,
  { folder, plcUrl, appView, alone, profile }: Options & SideOptions,
): Promise<Pick<Course, 'houses' | 'profiled'>> {
  const folderOf = (name: string) => {
    const path = join(folder, name)
    rmSync(path, { recursive: true, force: true })
    mkdirSync(path, { mode: 0o700 })
    return path
  }
  const inspectorPort = profile ? await serverPort() : undefined
  const ours = await startOurs(processes, {
    folder: folderOf('ours'),
    ...{ plcUrl, appView },
    nodeArgs: inspectorPort === undefined ? [] : [`--inspect=127.0.0.1:${inspectorPort}`],
    postgresSettings: profile ? statementSettings : {},
  })
  const reference = alone
    ? undefined
    : await startReference(processes, { folder: folderOf('reference'), plcUrl, appView })
  return {
    houses: { ours: new House(ours), reference: reference && new House(reference) },
    profiled: inspectorPort === undefined ? undefined : { inspectorPort, databaseUrl: ours.databaseUrl },
  }
}

/** Until the compiler of Node has seen what is used most. */
async function warm(house: House, { quick }: Options): Promise<void> {
  const ops = quick ? warmUp.accounts : warmUp.ops
  const work = createPosts(house, { accounts: await house.newAccounts(warmUp.accounts), ops })
  await work.prepare?.()
  await inParallel({ count: ops, inFlight: warmUp.inFlight }, async (index) => {
    expectOk(await work.op(index))
  })
}

interface Run {
  readonly lines: ReadonlyMap<string, Measured>
  /** Names of lines that came to no end. */
  readonly failed: ReadonlySet<string>
}

/** One after the other. A line that fails does not stop the next ones: they find servers that were started anew. */
async function runCases(cases: readonly Case[], course: Course): Promise<Run> {
  const lines = new Map<string, Measured>()
  const failed = new Set<string>()
  for (const it of cases) {
    try {
      const measured = await runCase(it, course)
      lines.set(it.name, measured)
      const verdict =
        measured.problem === undefined ? '' : `\nDoes not count: ${measured.problem.slice(0, 2_000)}`
      const busy = `${measured.otherCores.toFixed(1)} cores busy with other things`
      console.log(`${clock()} ${it.name}: ${described(measured)}; ${busy}${verdict}`)
    } catch (error) {
      failed.add(it.name)
      console.error(`${clock()} ${it.name} has failed:`, error)
      await Promise.all([course.houses.ours, course.houses.reference].map(recover))
    }
  }
  return { lines, failed }
}

async function recover(house: House | undefined): Promise<void> {
  house?.forgetSharedAccounts()
  await house?.side.restart()
}

const clock = () => new Date().toISOString().slice(11, 19)
