import type { ReplayStore } from '@atproto/oauth-provider/store'
import { clockSkewMaxMs } from '../limits.ts'

/**
 * What a client signs may be dated `clockSkewMaxMs` off, so it counts for longer than the provider thinks, and is remembered for as much. Proofs
 * of possession count no longer than the nonce in them.
 */
export function providerReplays(store: ReplayStore): ReplayStore {
  return {
    unique: (namespace, nonce, timeFrame) => {
      const isDated = namespace.startsWith('Auth@') || namespace.startsWith('JAR@')
      return store.unique(namespace, nonce, isDated ? Math.max(timeFrame, 0) + 2 * clockSkewMaxMs : timeFrame)
    },
  }
}
