import type { Answer, House } from '../load/house.ts'
import type { Sample } from '../measure/summary.ts'
import type { Measure } from './measure.ts'

/** One kind of work, done by both sides, and what is read from it. */
export interface Case {
  readonly name: string
  readonly inFlight: number
  /** Operations of one round. */
  readonly ops: number
  readonly watchesMemory?: boolean
  /** At most so many rounds, however many are wanted: a line that takes long. */
  readonly roundsMax?: number
  /** There is nothing to compare it with. It writes to accounts of its own: those that lines share hold the same on both sides. */
  readonly oursAlone?: boolean
  readonly measures: readonly Measure[]
  /** What the work stands on, made once on each side, not measured. */
  open(house: House): Promise<Work>
}

/** A round is so many operations; or it goes about it in its own way. */
export type Work = Operations | OwnRounds

export interface Operations extends Comparable {
  /** Before each round, not measured. */
  prepare?(): Promise<void>
  op(index: number): Promise<Answer>
}

export interface OwnRounds extends Comparable {
  round(): Promise<Round>
  /** The server ends in the midst of a round: a profiler would lose it. */
  readonly restarts?: boolean
}

interface Comparable {
  /** After each round, not measured: what must be equal on both sides. */
  contents(): Promise<string>
}

/** What one round of one side has shown; the answers are compared with those of the other. */
export interface Round {
  readonly sample: Sample
  readonly answers: readonly Answer[]
}

/** Of every line: `quick` is for finding out whether the bench works. */
export interface Scale {
  readonly quick: boolean
}

/** So many operations, or the tenth part. */
export function scaled(ops: number, { quick }: Scale): number {
  return quick ? Math.ceil(ops / 10) : ops
}
