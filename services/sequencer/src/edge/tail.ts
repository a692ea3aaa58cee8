import type { Seq } from '@heronry/core/ids'
import type { Service } from '@heronry/core/service'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import { idleTickMs } from '../limits.ts'
import type { WakeUp } from '../wake-up.ts'
import type { Edge } from './edge.ts'
import { readEvents } from './read-events.ts'
import { readLastSeq } from './read-last-seq.ts'
import { Ring } from './ring.ts'

export interface TailOptions {
  readonly db: Database
  readonly logger: Logger
  readonly edge: Edge
  readonly ringBytesMax: number
  readonly wakeUp: WakeUp
}

/**
 * Follows the numbering: reads what was stamped since the ring's head, appends it and lets the subscribers have it.
 *
 * It looks every 50 ms, sooner when woken; a wake-up only hastens. A fault leaves the ring as it was: the next look reads on
 * from its head. It may have been away for so long that Postgres has dropped what comes next: then the ring restarts beyond, and its
 * subscribers go on from the archive.
 */
export function edgeTail(options: TailOptions): Service {
  return { name: 'sequencer-edge-tail', run: (signal) => follow(options, signal) }
}

async function follow(options: TailOptions, signal: AbortSignal): Promise<void> {
  const { edge, ringBytesMax, logger, wakeUp } = options
  let ring: Ring | undefined
  let failing = false
  while (!signal.aborted) {
    try {
      const lastSeq = await readLastSeq(options.db)
      if (ring === undefined) {
        ring = new Ring({ head: lastSeq, bytesMax: ringBytesMax })
        edge.start(ring)
      }
      await readUpTo(options, ring, lastSeq)
      failing = false
    } catch (error) {
      if (!failing && !signal.aborted) logger.warn({ err: error }, 'firehose tail interrupted')
      failing = true
    }
    await wakeUp.wait(idleTickMs, signal)
  }
}

async function readUpTo({ db, edge }: TailOptions, ring: Ring, lastSeq: Seq): Promise<void> {
  while (ring.head < lastSeq) {
    const page = await readEvents(db, { after: ring.head, upto: lastSeq })
    if (page.gap) ring.restart(page.upto)
    else ring.append(page)
    edge.pump()
  }
}
