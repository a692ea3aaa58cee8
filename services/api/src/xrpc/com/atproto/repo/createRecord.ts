import type { Auth } from '@heronry/auth/create-auth'
import * as repo from '@heronry/lexicons/generated/com/atproto/repo'
import { repoWriteBytesMax } from '@heronry/xrpc/limits'
import { method } from '@heronry/xrpc/method'
import { repoWriteLimit, writePoints } from '../../../../rate-limits.ts'
import { mayWrite, type WriteDeps, writeRecord } from '../../../../write-records.ts'

/** A like, repost, follow or block takes the place of an earlier one of the same subject, unless `validate` is false. */
export const createRecord = ({ auth, ...deps }: WriteDeps & { auth: Auth }) =>
  method(repo.createRecord, {
    auth: auth.session(mayWrite),
    rateLimit: repoWriteLimit(() => writePoints.create),
    bodyBytesMax: repoWriteBytesMax,
    acceptsNul: true,
    handler: async ({ input, auth: session }) => {
      const { collection, rkey, record, validate, swapCommit, ...body } = input.body
      const written = await writeRecord(deps, {
        session,
        repo: body.repo,
        write: { action: 'create', collection, rkey, record },
        validate,
        swapCommit,
        replaceDuplicates: validate !== false,
      })
      return { body: written }
    },
  })
