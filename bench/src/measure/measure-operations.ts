import { performance } from 'node:perf_hooks'
import type { Case, Operations, Round } from '../cases/case.ts'
import type { Answer, House } from '../load/house.ts'
import { inParallel } from '../load/in-parallel.ts'
import { startMeter } from './meter.ts'

/** One round of one side: so many operations. The answers come back for comparison. */
export async function measureOperations(
  { ops, inFlight, watchesMemory }: Pick<Case, 'ops' | 'inFlight' | 'watchesMemory'>,
  { house, work }: { house: House; work: Operations },
): Promise<Round> {
  await work.prepare?.()
  const answers: Answer[] = []
  const latenciesMs = new Float64Array(ops)
  const meter = startMeter(house.side, { watchesMemory })
  await inParallel({ count: ops, inFlight }, async (index) => {
    const sent = performance.now()
    answers[index] = await work.op(index)
    latenciesMs[index] = performance.now() - sent
  })
  const reading = await meter.stop()
  const bytes = answers.reduce((sum, answer) => sum + (answer.bytes ?? 0), 0)
  return { sample: { ...reading, ops, latenciesMs, bytes }, answers }
}
