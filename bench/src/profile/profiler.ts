import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Sample } from '../measure/summary.ts'
import { NodeProfiler } from './node-profiler.ts'
import { PostgresStatements } from './postgres-statements.ts'

const folder = join(import.meta.dirname, '../../profiles')
const functionsShownMax = 25

export interface Profiled {
  readonly inspectorPort: number
  readonly databaseUrl: string
}

/**
 * One more round of a line on ours, with the profiler of Node running. Its numbers do not count. Node samples by the clock: where
 * the machine is busy with other things, waiting for a core counts as well.
 */
export async function profileRound(
  { inspectorPort, databaseUrl }: Profiled,
  line: { name: string; round: () => Promise<Sample> },
): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await using statements = await PostgresStatements.connect(databaseUrl)
  using node = await NodeProfiler.connect(inspectorPort)
  await statements.reset()
  await node.start()
  const { ops } = await line.round()
  const functions = await node.stop(join(folder, `${line.name}.cpuprofile`))
  const all = functions.reduce((sum, { ms }) => sum + ms, 0)
  console.log(`\n${line.name}: functions of the house by the time in themselves, µs an operation`)
  for (const { ms, name } of functions.slice(0, functionsShownMax)) {
    console.log(`${microseconds(ms / ops)} ${((100 * ms) / all).toFixed(1).padStart(5)} %  ${name}`)
  }
  console.log(
    `\n${line.name}: statements by their time, µs an operation; of that planning; calls an operation`,
  )
  for (const { ms, planMs, calls, text } of await statements.top()) {
    console.log(
      `${microseconds(ms / ops)} ${microseconds(planMs / ops)} ${(calls / ops).toFixed(2).padStart(6)}  ${text}`,
    )
  }
}

function microseconds(ms: number): string {
  return (ms * 1_000).toFixed(1).padStart(9)
}
