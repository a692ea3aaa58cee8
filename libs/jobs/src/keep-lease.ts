import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import { renewJob } from './claim-job.ts'
import { renewEveryMs } from './limits.ts'
import type { Dispatch } from './transport.ts'

export interface KeptLease extends Disposable {
  /** Aborts when a later attempt has taken the job over (this process was paused, or cut off, for longer than the lease). */
  readonly lost: AbortSignal
}

/** Renews a started job's lease until disposed. A renewal that fails is tried again at the next turn. */
export function keepLease(
  { db, logger }: { db: Database; logger: Logger },
  { job, isCompleted }: { job: Dispatch; isCompleted: () => boolean },
): KeptLease {
  const lost = new AbortController()
  let busy = false
  const renew = async () => {
    if (busy) return
    busy = true
    try {
      if (!(await renewJob(db, job)) && !isCompleted()) lost.abort(new Error('The lease was lost'))
    } catch (error) {
      logger.warn({ error: String(error) }, 'lease not renewed')
    }
    busy = false
  }
  const timer = setInterval(() => void renew(), renewEveryMs)
  return { lost: lost.signal, [Symbol.dispose]: () => clearInterval(timer) }
}
