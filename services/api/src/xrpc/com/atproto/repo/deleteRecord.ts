import type { Auth } from '@heronry/auth/create-auth'
import * as repo from '@heronry/lexicons/generated/com/atproto/repo'
import { method } from '@heronry/xrpc/method'
import { repoWriteLimit, writePoints } from '../../../../rate-limits.ts'
import { swapDigest } from '../../../../swap-digest.ts'
import { mayWrite, type WriteDeps, writeRecords } from '../../../../write-records.ts'

/** Where there is no such record, nothing is deleted and nothing is wrong. */
export const deleteRecord = ({ auth, ...deps }: WriteDeps & { auth: Auth }) =>
  method(repo.deleteRecord, {
    auth: auth.session(mayWrite),
    rateLimit: repoWriteLimit(() => writePoints.delete),
    handler: async ({ input, auth: session }) => {
      const { collection, rkey, swapRecord, swapCommit, ...body } = input.body
      const swap = swapRecord === undefined ? undefined : swapDigest(swapRecord)
      const { commit } = await writeRecords(deps, {
        session,
        repo: body.repo,
        writes: [{ action: 'delete', collection, rkey, swapRecord: swap, missing: 'ignore' }],
        swapCommit,
      })
      return { body: commit }
    },
  })
