import type { XrpcSubscription } from '@heronry/xrpc/method'
import type { SequencerContext } from './context.ts'
import { subscribeRepos } from './xrpc/com/atproto/sync/subscribeRepos.ts'

export { sequencerLoops } from './loops.ts'

/** The XRPC subscriptions of this role: none for a leader alone. */
export function sequencerSubscriptions(context: SequencerContext): XrpcSubscription[] {
  return context.role === 'leader' ? [] : [subscribeRepos(context)]
}
