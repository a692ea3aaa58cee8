import type { Service } from '@heronry/core/service'
import type { SequencerContext } from './context.ts'
import { edgeSweep } from './edge/sweep.ts'
import { edgeTail } from './edge/tail.ts'
import { hourlyPartitions } from './leader/hourly-partitions.ts'
import { crawlRequests } from './relays/crawl-requests.ts'
import { streamListener } from './stream/listener.ts'

/** What must run for this role. Each may end and start again by itself. */
export function sequencerLoops(context: SequencerContext): Service[] {
  return [
    ...(context.role === 'edge' ? [] : leaderLoops(context)),
    ...(context.role === 'leader' ? [] : edgeLoops(context)),
  ]
}

function leaderLoops(context: SequencerContext): Service[] {
  const { publisher, rollback, leaderServices } = context
  const told = [publisher, rollback.journalWriter].filter((service) => service !== undefined)
  return [...leaderServices, hourlyPartitions(context), crawlRequests(context), ...told]
}

function edgeLoops(context: SequencerContext): Service[] {
  const { limits, stream, wakeUp } = context
  return [
    edgeTail({ ...context, ringBytesMax: limits.ringBytesMax }),
    edgeSweep({ ...context, intervalMs: limits.sweepIntervalMs }),
    ...(stream === undefined ? [] : [streamListener({ ...stream, wakeUp })]),
  ]
}
