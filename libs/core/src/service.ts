/**
 * Something that lives as long as its process: a loop, a consumer, a listener.
 *
 * `run` resolves once `signal` is aborted and everything it started has ended; it rejects only for a fault that the
 * process cannot live with. A loop that meets a passing fault logs it and goes on at its own pace.
 */
export interface Service {
  readonly name: string
  run(signal: AbortSignal): Promise<void>
}
