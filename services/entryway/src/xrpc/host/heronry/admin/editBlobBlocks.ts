import { blockDigests } from '@heronry/blobs/apply-blocks'
import { removeBlocks } from '@heronry/blobs/block-list'
import { inTransaction } from '@heronry/db/in-transaction'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'
import { parseSha256 } from '../../../../sha256-text.ts'

export const editBlobBlocks = (deps: AdminDeps) =>
  adminMethod(deps, admin.editBlobBlocks, {
    handler: async ({ input: { body }, community }, trail) => {
      const { add = [], remove = [], reason } = body
      trail.about({ subject: 'block list', reason })
      const entries = add.map(({ sha256, note = null }) => ({ digest: parseSha256(sha256), note }))
      const digests = remove.map(parseSha256)
      const list = community.id
      const edited = await inTransaction(deps.db, { name: 'edit block list' }, async (tx) => {
        const added = entries.length === 0 ? 0 : await blockDigests(tx, { list, entries })
        const removed = digests.length === 0 ? 0 : await removeBlocks(tx, { list, digests })
        await trail.done(tx, { after: { add: add.map(({ sha256 }) => sha256), remove, added, removed } })
        return { added, removed }
      })
      return { body: edited }
    },
  })
