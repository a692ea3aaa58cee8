import * as com from '@heronry/lexicons/generated/com'
import { subscription, type XrpcSubscription } from '@heronry/xrpc/method'
import type { Edge } from '../../../../edge/edge.ts'

/** The firehose of one community: the host asked for decides which. Public. */
export function subscribeRepos({ edge, subscribersPerIpMax }: SubscribeReposParts): XrpcSubscription {
  return subscription(com.atproto.sync.subscribeRepos, {
    socketsPerClientMax: subscribersPerIpMax,
    drain: () => edge.drain(),
    handler: ({ params, community, socket, req }) =>
      edge.subscribe({
        socket,
        connection: req.raw.socket,
        communityId: community.id,
        cursor: params.cursor,
      }),
  })
}

interface SubscribeReposParts {
  readonly edge: Edge
  readonly subscribersPerIpMax: number | undefined
}
