import type { Dispatch, RunDispatch, Transport } from './transport.ts'

/** Starts leased jobs in this process: the house without Redis. */
export function localTransport({ concurrency, run }: { concurrency: number; run: RunDispatch }): Transport {
  let active = 0
  let stopped = false
  const start = async (job: Dispatch) => {
    active += 1
    await run(job)
    active -= 1
  }
  return {
    room: async () => (stopped ? 0 : concurrency - active),
    async dispatch(jobs) {
      if (!stopped) for (const job of jobs) void start(job)
    },
    stop() {
      stopped = true
    },
    async [Symbol.asyncDispose]() {},
  }
}
