import { findActor } from '@heronry/accounts/actor'
import type { CommunityDirectory } from '@heronry/communities/directory'
import { HeronryError } from '@heronry/core/error'
import { parseHandle } from '@heronry/core/handle'
import type { Database } from '@heronry/db/database'
import * as identity from '@heronry/lexicons/generated/com/atproto/identity'
import { method } from '@heronry/xrpc/method'

/** Handles of the community's own accounts. */
export const resolveHandle = ({ db, communities }: { db: Database; communities: CommunityDirectory }) =>
  method(identity.resolveHandle, {
    handler: async ({ params, community }) => {
      const handle = parseHandle(params.handle)
      const actor = await findActor(db, { communityId: community.id, didOrHandle: handle })
      if (actor?.status === 'active') return { body: { did: actor.did } }
      const isOurs = (await communities.forHandle(handle))?.id === community.id
      throw new HeronryError(isOurs ? 'HandleNotFound' : 'InvalidRequest', 'Unable to resolve handle')
    },
  })
