import * as com from '@heronry/lexicons/generated/com'
import { subscription, type XrpcSubscription } from '@heronry/xrpc/method'
import type { Edge } from '../../../../edge/edge.ts'

/** The firehose of one community: the host asked for decides which. Public. */
export function subscribeRepos({ edge }: { edge: Edge }): XrpcSubscription {
  return subscription(com.atproto.sync.subscribeRepos, {
    handler: ({ params, community, socket, req }) =>
      edge.subscribe({
        socket,
        connection: req.raw.socket,
        communityId: community.id,
        cursor: params.cursor,
      }),
  })
}
