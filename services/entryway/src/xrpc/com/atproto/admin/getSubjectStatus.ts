import { parseDid } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import * as admin from '@heronry/lexicons/generated/com/atproto/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'
import { recordOf, type Subject, subjectName } from '../../../../subject.ts'
import { subjectStatus } from '../../../../subject-status.ts'

export const getSubjectStatus = (deps: AdminDeps) =>
  adminMethod(deps, admin.getSubjectStatus, {
    forModerators: true,
    handler: async ({ params, community }, trail) => {
      const subject = subjectOf(params)
      trail.about({ subject: subjectName(subject) })
      return { body: await subjectStatus(deps.db, { communityId: community.id, subject }) }
    },
  })

/** The narrowest that is named. */
function subjectOf({ did, uri, blob }: { did?: string; uri?: string; blob?: string }): Subject {
  if (blob !== undefined) {
    if (did === undefined)
      throw new HeronryError('InvalidRequest', 'Must provide a did to request blob state')
    return { kind: 'blob', did: parseDid(did), cid: blob }
  }
  if (uri !== undefined) return recordOf(uri)
  if (did !== undefined) return { kind: 'account', did: parseDid(did) }
  throw new HeronryError('InvalidRequest', 'No provided subject')
}
