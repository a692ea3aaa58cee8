import { didsOfActors } from '@heronry/accounts/dids-of-actors'
import { communityUsage } from '@heronry/blobs/blob-quota'
import { largestUsages } from '@heronry/blobs/largest-usages'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const getBlobUsage = (deps: AdminDeps) =>
  adminMethod(deps, admin.getBlobUsage, {
    handler: async ({ params: { limit }, community }) => {
      const total = await communityUsage(deps.db, community.id)
      const largest = await largestUsages(deps.db, { communityId: community.id, limit })
      const dids = await didsOfActors(
        deps.db,
        largest.map(({ actorId }) => actorId),
      )
      const accounts = largest.map(({ actorId, ...usage }) => {
        const did = dids.get(actorId)
        return { ...(did && { did }), ...usage }
      })
      return { body: { ...total, accounts } }
    },
  })
