import { type ResolveIdentityDeps, resolveIdentity } from '@heronry/accounts/resolve-identity'
import * as identity from '@heronry/lexicons/generated/com/atproto/identity'
import { method } from '@heronry/xrpc/method'
import { identityBody } from '../../../../identity-body.ts'
import { refreshIdentityRateLimit } from '../../../../rate-limits.ts'

/** For anybody, as often as the limit allows: what is fetched is what anybody could fetch. */
export const refreshIdentity = (deps: ResolveIdentityDeps) =>
  method(identity.refreshIdentity, {
    rateLimit: refreshIdentityRateLimit,
    handler: async ({ input, community }) => ({
      body: identityBody(
        await resolveIdentity(deps, { community, didOrHandle: input.body.identifier, force: true }),
      ),
    }),
  })
