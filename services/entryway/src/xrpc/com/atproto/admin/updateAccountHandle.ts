import { findActor } from '@heronry/accounts/actor'
import { type UpdateHandleDeps, updateHandle } from '@heronry/accounts/update-handle'
import { HeronryError } from '@heronry/core/error'
import { invalidHandle } from '@heronry/core/handle'
import * as admin from '@heronry/lexicons/generated/com/atproto/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const updateAccountHandle = (deps: AdminDeps & UpdateHandleDeps) =>
  adminMethod(deps, admin.updateAccountHandle, {
    handler: async ({ input: { body }, community }, trail) => {
      const { did, handle } = body
      trail.about({ subject: did, after: { handle } })
      const actor = await findActor(deps.db, { communityId: community.id, didOrHandle: did })
      if (actor === undefined) throw new HeronryError('NotFound', 'Account not found')
      await trail.begun({ before: { handle: actor.handle ?? invalidHandle } })
      await updateHandle(deps, { community, actor, handle, asAdmin: true })
      return undefined
    },
  })
