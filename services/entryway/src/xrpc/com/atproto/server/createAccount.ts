import { type CreateAccountDeps, createAccount as create } from '@heronry/accounts/create-account'
import { invalidHandle } from '@heronry/core/handle'
import type { DidResolver } from '@heronry/identity/did-resolver'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'
import { createAccountRateLimit } from '../../../../rate-limits.ts'

export const createAccount = ({ resolver, ...deps }: CreateAccountDeps & { resolver: DidResolver }) =>
  method(server.createAccount, {
    rateLimit: createAccountRateLimit,
    handler: async ({ input, community }) => {
      const { actor, accessJwt, refreshJwt } = await create(deps, { community, ...input.body })
      // The account stands: a directory that does not answer now is no reason to fail.
      const didDoc = await resolver.resolve(actor.did, { force: true }).catch(() => undefined)
      return {
        body: {
          did: actor.did,
          handle: actor.handle ?? invalidHandle,
          didDoc: didDoc ?? undefined,
          accessJwt,
          refreshJwt,
        },
      }
    },
  })
