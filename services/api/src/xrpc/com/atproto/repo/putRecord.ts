import type { Auth } from '@heronry/auth/create-auth'
import * as repo from '@heronry/lexicons/generated/com/atproto/repo'
import { repoWriteBytesMax } from '@heronry/xrpc/limits'
import { method } from '@heronry/xrpc/method'
import { repoWriteLimit, writePoints } from '../../../../rate-limits.ts'
import { swapDigest } from '../../../../swap-digest.ts'
import { upgradedProfile } from '../../../../upgraded-profile.ts'
import { mayWrite, type WriteDeps, writeRecord } from '../../../../write-records.ts'

/** Creates or updates. A record that is there already, byte for byte, is no commit. `swapRecord: null`: it must not exist. */
export const putRecord = ({ auth, ...deps }: WriteDeps & { auth: Auth }) =>
  method(repo.putRecord, {
    auth: auth.session(mayWrite),
    rateLimit: repoWriteLimit(() => writePoints.update),
    bodyBytesMax: repoWriteBytesMax,
    acceptsNul: true,
    handler: async ({ input, auth: session }) => {
      const { collection, rkey, validate, swapRecord, swapCommit, ...body } = input.body
      const { record: sent } = input.body
      const record = await upgradedProfile(deps.db, {
        actorId: session.actor.id,
        collection,
        rkey,
        record: sent,
      })
      const swap = typeof swapRecord === 'string' ? swapDigest(swapRecord) : swapRecord
      const written = await writeRecord(deps, {
        session,
        repo: body.repo,
        write: { action: 'put', collection, rkey, record, swapRecord: swap },
        validate,
        swapCommit,
      })
      return { body: written }
    },
  })
