import { listHolds } from '@heronry/blobs/legal-hold'
import { HeronryError } from '@heronry/core/error'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'
import { blobHoldBody } from '../../../../blob-hold-body.ts'

export const listBlobHolds = (deps: AdminDeps) =>
  adminMethod(deps, admin.listBlobHolds, {
    handler: async ({ params: { limit, cursor = '0' }, community }) => {
      if (!/^\d{1,18}$/.test(cursor)) throw new HeronryError('InvalidRequest', 'Malformed cursor')
      const page = { communityId: community.id, after: BigInt(cursor), limit }
      const holds = await listHolds(deps.db, page)
      const last = holds.length === limit ? holds.at(-1) : undefined
      return { body: { holds: holds.map(blobHoldBody), ...(last && { cursor: String(last.id) }) } }
    },
  })
