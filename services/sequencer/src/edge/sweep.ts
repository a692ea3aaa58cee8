import type { Service } from '@heronry/core/service'
import { sleep } from '@heronry/core/sleep'
import type { Edge } from './edge.ts'

/** Looks after the subscribers' sockets, and sends everybody away when the process stops. */
export function edgeSweep({ edge, intervalMs }: { edge: Edge; intervalMs: number }): Service {
  return {
    name: 'sequencer-edge-sweep',
    async run(signal) {
      while (!signal.aborted) {
        edge.check()
        await sleep(intervalMs, signal)
      }
      await edge.drain()
    },
  }
}
