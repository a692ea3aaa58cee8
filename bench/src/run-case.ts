import type { Case, Round, Work } from './cases/case.ts'
import type { Outcome } from './cases/measure.ts'
import { compareAnswers } from './load/compare-answers.ts'
import type { House } from './load/house.ts'
import { measureOperations } from './measure/measure-operations.ts'
import { type Sample, summarise } from './measure/summary.ts'
import { type Profiled, profileRound } from './profile/profiler.ts'

/** Ours, and the reference unless ours is to run alone. */
export interface Houses {
  readonly ours: House
  readonly reference: House | undefined
}

export interface Measured extends Outcome {
  /** Why the numbers do not count, if they do not. */
  readonly problem: string | undefined
  /** The highest of all rounds: CPU of the machine that was used by neither the side at work nor the load, in cores. */
  readonly otherCores: number
}

interface Contestant {
  readonly house: House
  readonly work: Work
  readonly samples: Sample[]
}

export interface Course {
  readonly houses: Houses
  readonly rounds: number
  /** Ours, where it is to be profiled after the rounds. */
  readonly profiled: Profiled | undefined
}

/** The sides take turns, the first of a round being the second of the next. What they answer and hold is compared every time. */
export async function runCase(it: Case, { houses, rounds, profiled }: Course): Promise<Measured> {
  const wanted = it.oursAlone ? [houses.ours] : [houses.ours, houses.reference]
  if (houses.reference) houses.ours.catchUpWith(houses.reference)
  const contestants = await openAll(it, wanted)
  const [ours, reference] = contestants
  if (ours === undefined) throw new Error('Nobody to measure')
  let problem: string | undefined
  const roundCount = Math.min(rounds, it.roundsMax ?? rounds)
  for (let round = 0; round < roundCount && problem === undefined; round++) {
    const inTurn = round % 2 === 0 ? contestants : contestants.toReversed()
    problem = await runRound(it, inTurn)
  }
  if (profiled) await profile(it, ours, profiled)
  // Both sides have done the same.
  if (profiled && reference) await runOnce(it, reference)
  return {
    ours: summarise(ours.samples),
    reference: reference && summarise(reference.samples),
    otherCores: Math.max(...contestants.flatMap(({ samples }) => samples.map((sample) => sample.otherCores))),
    problem,
  }
}

/** What comes before the round is none of the profiler's business, and may be a restart, by which it would lose the server. */
async function profile(it: Case, { house, work }: Contestant, profiled: Profiled): Promise<void> {
  if ('round' in work && work.restarts) return
  if ('op' in work) await work.prepare?.()
  const prepared = 'op' in work ? { op: work.op, contents: work.contents } : work
  const round = async () => (await runOnce(it, { house, work: prepared })).sample
  await profileRound(profiled, { name: it.name, round })
}

/** If one fails, the other is waited for: it would go on under the next line. */
async function openAll(it: Case, houses: readonly (House | undefined)[]): Promise<Contestant[]> {
  const opened = houses.flatMap((house) => (house ? open(it, house) : []))
  await Promise.allSettled(opened)
  return Promise.all(opened)
}

async function open(it: Case, house: House): Promise<Contestant> {
  return { house, work: await it.open(house), samples: [] }
}

/** @returns what is wrong with it */
async function runRound(it: Case, contestants: readonly Contestant[]): Promise<string | undefined> {
  const answers: Round['answers'][] = []
  for (const contestant of contestants) {
    const round = await runOnce(it, contestant)
    contestant.samples.push(round.sample)
    answers.push(round.answers)
  }
  const [first = [], second = first] = answers
  return compareAnswers(first, second) ?? (await compareContents(contestants))
}

function runOnce(it: Case, { house, work }: Omit<Contestant, 'samples'>): Promise<Round> {
  return 'round' in work ? work.round() : measureOperations(it, { house, work })
}

async function compareContents(contestants: readonly Contestant[]): Promise<string | undefined> {
  const contents = await Promise.all(contestants.map(({ work }) => work.contents()))
  return new Set(contents).size === 1 ? undefined : `the repos differ:\n${contents.join('\n\n')}`
}
