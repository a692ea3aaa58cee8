import { listBlocks } from '@heronry/blobs/block-list'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'
import { parseSha256, sha256Text } from '../../../../sha256-text.ts'

export const listBlobBlocks = (deps: AdminDeps) =>
  adminMethod(deps, admin.listBlobBlocks, {
    handler: async ({ params: { limit, cursor }, community }) => {
      const after = cursor === undefined ? undefined : parseSha256(cursor)
      const entries = await listBlocks(deps.db, { list: community.id, after, limit })
      const blocks = entries.map(({ digest, note }) => ({
        sha256: sha256Text(digest),
        ...(note && { note }),
      }))
      const last = blocks.length === limit ? blocks.at(-1) : undefined
      return { body: { blocks, ...(last && { cursor: last.sha256 }) } }
    },
  })
