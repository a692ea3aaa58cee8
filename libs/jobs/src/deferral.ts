/** Thrown by a handler that has no room for a job now: it comes again after about `delayMs`, and the start does not count as a try. */
export class Deferral extends Error {
  override readonly name = 'Deferral'
  readonly delayMs: number

  constructor(delayMs: number) {
    super('There is no room for the job now')
    this.delayMs = delayMs
  }
}
