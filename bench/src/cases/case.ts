import type { Answer, House } from '../load/house.ts'
import type { Measure } from './measure.ts'

/** One kind of work, done by both sides, and what is read from it. */
export interface Case {
  readonly name: string
  readonly inFlight: number
  /** Operations of one round. */
  readonly ops: number
  readonly watchesMemory?: boolean
  readonly measures: readonly Measure[]
  /** What the work stands on, made once on each side, not measured. */
  open(house: House): Promise<Work>
}

export interface Work {
  /** Before each round, not measured. */
  prepare?(): Promise<void>
  op(index: number): Promise<Answer>
  /** After each round, not measured: what must be equal on both sides. */
  contents(): Promise<string>
}

/** Of every line: `quick` is for finding out whether the bench works. */
export interface Scale {
  readonly quick: boolean
}

/** So many operations, or the tenth part. */
export function scaled(ops: number, { quick }: Scale): number {
  return quick ? Math.ceil(ops / 10) : ops
}
