import type { House } from '../house.ts'

/** Code of other people that follows a house's firehose, and what it believes. */
export interface IndependentConsumer {
  readonly name: string
  /** From `cursor` on, 0 being the beginning. */
  follow(house: House, options: { cursor: number }): Following
}

export interface Following extends AsyncDisposable {
  /** What it was told and has verified, in the order of coming. */
  readonly told: readonly Told[]
  readonly errors: readonly unknown[]
}

/** An event in words: `create at://… <CID>`, `delete at://…`, `identity <DID> <handle>`, `account <DID> active`, `sync <DID>`. */
export interface Told {
  readonly seq: number
  readonly what: string
}
