import type { Service } from '@heronry/core/service'
import type { SequencerContext } from './context.ts'
import type { Edge } from './edge/edge.ts'
import { edgeSweep } from './edge/sweep.ts'
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
  const { feed, publisher, rollback, leaderServices } = context
  const told = [feed, publisher, rollback.journalWriter].filter((service) => service !== undefined)
  return [...leaderServices, hourlyPartitions(context), crawlRequests(context), ...told]
}

function edgeLoops(context: SequencerContext): Service[] {
  const { edge, limits, stream, tail, isFedInProcess } = context
  const listened = stream && { ...stream, reader: tail, isNeeded: () => !isFedInProcess() }
  return [
    untilDrained(edge, tail),
    edgeSweep({ edge, intervalMs: limits.sweepIntervalMs }),
    ...(listened === undefined ? [] : [untilDrained(edge, streamListener(listened))]),
  ]
}

/** What fills the ring goes on until the last subscriber has gone: those who are still to be sent away hear what the others hear. */
function untilDrained({ drained }: Edge, service: Service): Service {
  return { name: service.name, run: () => service.run(drained) }
}
