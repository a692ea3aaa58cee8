/** Thrown by a handler where a further attempt cannot succeed: the job is dead at once. */
export class PermanentFailure extends Error {
  override readonly name = 'PermanentFailure'
}
