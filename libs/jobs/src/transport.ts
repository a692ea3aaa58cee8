/** One start of a job that is due: the row's id and the number the start will have. It holds no payload. */
export interface Dispatch {
  readonly id: bigint
  readonly attempt: number
}

/**
 * Brings leased jobs to a worker's handlers. It may lose, repeat and reorder them: the claim of `claimJob` lets each start
 * begin once, and an expired lease is dispatched again.
 */
export interface Transport extends AsyncDisposable {
  /** How many more jobs it can take now. Throws `TransportAway` while it has no connection. */
  room(): Promise<number>
  dispatch(jobs: readonly Dispatch[]): Promise<void>
  /** From here on no job is started. */
  stop(): void
}

/** Starts a job's handler; never rejects. */
export type RunDispatch = (job: Dispatch) => Promise<void>

/** Passing: the jobs wait in their rows. */
export class TransportAway extends Error {
  override readonly name = 'TransportAway'
}
