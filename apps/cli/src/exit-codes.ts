/** What a script may rely on; 0 is success. */
export const exitCodes = {
  failure: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  unavailable: 5,
  /** Some of what was asked for was done, or found whole. */
  partial: 6,
} as const

export type ExitReason = keyof typeof exitCodes

/** Ends the command with the code of `reason`, after its message on standard error. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly reason: ExitReason

  constructor(reason: ExitReason, message: string) {
    super(message)
    this.reason = reason
  }
}
