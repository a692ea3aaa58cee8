import type { Auth } from '@heronry/auth/create-auth'
import * as repo from '@heronry/lexicons/generated/com/atproto/repo'
import type { WriteRequest } from '@heronry/repo/prepared-write'
import { repoWriteBytesMax } from '@heronry/xrpc/limits'
import { method } from '@heronry/xrpc/method'
import { repoWriteLimit, writePoints } from '../../../../rate-limits.ts'
import { mayWrite, type RecordBody, type WriteDeps, writeRecords } from '../../../../write-records.ts'

/** All writes in one commit, or none. */
export const applyWrites = ({ auth, ...deps }: WriteDeps & { auth: Auth }) =>
  method(repo.applyWrites, {
    auth: auth.session(mayWrite),
    rateLimit: repoWriteLimit(points),
    bodyBytesMax: repoWriteBytesMax,
    acceptsNul: true,
    handler: async ({ input, auth: session }) => {
      const { validate, swapCommit, ...body } = input.body
      const writes = body.writes.map(writeRequest)
      const { commit, records } = await writeRecords(deps, {
        session,
        repo: body.repo,
        writes,
        validate,
        swapCommit,
      })
      const results = writes.map(({ action }, at) => resultBody(action, records[at] ?? null))
      return { body: { ...commit, results } }
    },
  })

type Write = repo.applyWrites.$InputBody['writes'][number]

function writeRequest(write: Write): WriteRequest {
  const { collection } = write
  if (write.$type === 'com.atproto.repo.applyWrites#create') {
    return { action: 'create', collection, rkey: write.rkey, record: write.value }
  }
  if (write.$type === 'com.atproto.repo.applyWrites#update') {
    return { action: 'update', collection, rkey: write.rkey, record: write.value }
  }
  return { action: 'delete', collection, rkey: write.rkey }
}

function resultBody(action: WriteRequest['action'], record: RecordBody | null) {
  if (record === null) return { $type: 'com.atproto.repo.applyWrites#deleteResult' as const }
  return action === 'create'
    ? { $type: 'com.atproto.repo.applyWrites#createResult' as const, ...record }
    : { $type: 'com.atproto.repo.applyWrites#updateResult' as const, ...record }
}

const pointsOf = {
  'com.atproto.repo.applyWrites#create': writePoints.create,
  'com.atproto.repo.applyWrites#update': writePoints.update,
  'com.atproto.repo.applyWrites#delete': writePoints.delete,
}

function points({ input }: { input: { body: repo.applyWrites.$InputBody } }): number {
  return input.body.writes.reduce((sum, write) => sum + pointsOf[write.$type], 0)
}
