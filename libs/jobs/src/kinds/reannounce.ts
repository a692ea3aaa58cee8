import { type Did, isDid } from '@heronry/core/did'
import { parseRev, type Rev } from '@heronry/core/rev'
import { defineJob } from '../define-job.ts'

/** Both are owned by services/entryway and enqueued when numbering was resumed after a rollback (ARCHITECTURE §6). */
const queue = 'accounts'

/** Tell the world where a DID's repo stands, by a commit that is later than `afterRev`, and the state of its identity and account. */
export interface Reannounce {
  readonly did: Did
  readonly afterRev: Rev
}

export const reannounce = defineJob<Reannounce>({
  queue,
  name: 'reannounce',
  parse(payload) {
    const { did, afterRev } = payload as Record<keyof Reannounce, unknown>
    return { did: parsedDid(did), afterRev: parseRev(String(afterRev)) }
  },
})

/** Reannounce many: these DIDs, or everybody from an actor on. A job for each of them is its only effect. */
export interface ReannounceMany {
  readonly afterRev: Rev
  /** Undefined: everybody. */
  readonly dids?: readonly Did[]
  /** Of everybody: those with a greater actor id. */
  readonly afterActor?: string
}

export const reannounceMany = defineJob<ReannounceMany>({
  queue,
  name: 'reannounceMany',
  parse(payload) {
    const { afterRev, dids, afterActor } = payload as Record<keyof ReannounceMany, unknown>
    if (afterActor !== undefined && !/^\d{1,19}$/.test(String(afterActor))) throw new TypeError('afterActor')
    return {
      afterRev: parseRev(String(afterRev)),
      ...(Array.isArray(dids) && { dids: dids.map(parsedDid) }),
      ...(afterActor !== undefined && { afterActor: String(afterActor) }),
    }
  },
})

function parsedDid(did: unknown): Did {
  if (typeof did !== 'string' || !isDid(did)) throw new TypeError('a DID is expected')
  return did
}
