import { type UpdateHandleDeps, updateHandle as update } from '@heronry/accounts/update-handle'
import type { Auth } from '@heronry/auth/create-auth'
import { assertPermitted } from '@heronry/auth/permissions'
import * as identity from '@heronry/lexicons/generated/com/atproto/identity'
import { method } from '@heronry/xrpc/method'
import { updateHandleRateLimits } from '../../../../rate-limits.ts'

export const updateHandle = ({ auth, ...deps }: UpdateHandleDeps & { auth: Auth }) =>
  method(identity.updateHandle, {
    auth: auth.session({ reach: 'standard', acceptNarrowed: true, refuseTakendown: true }),
    rateLimit: updateHandleRateLimits,
    handler: async ({ input, community, auth: session }) => {
      assertPermitted(session, { identity: { attr: 'handle' } })
      const { actor } = session
      await update(deps, { community, actor, handle: input.body.handle })
      return undefined
    },
  })
