import { parseArgs } from 'node:util'

export interface Options {
  /** Beginnings of the names of the lines that are wanted; none means all. */
  readonly lines: readonly string[]
  readonly rounds: number
  readonly quick: boolean
  /** Ours alone. */
  readonly alone: boolean
  readonly profile: boolean
}

const roundsDefault = 3

export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      alone: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds ?? (values.quick ? 1 : roundsDefault))
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds: ${values.rounds} is no number of rounds`)
  return { ...values, rounds, lines: positionals }
}
