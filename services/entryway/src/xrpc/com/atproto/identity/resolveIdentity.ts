import { type ResolveIdentityDeps, resolveIdentity as resolve } from '@heronry/accounts/resolve-identity'
import * as identity from '@heronry/lexicons/generated/com/atproto/identity'
import { method } from '@heronry/xrpc/method'
import { identityBody } from '../../../../identity-body.ts'

export const resolveIdentity = (deps: ResolveIdentityDeps) =>
  method(identity.resolveIdentity, {
    handler: async ({ params, community }) => ({
      body: identityBody(await resolve(deps, { community, didOrHandle: params.identifier })),
    }),
  })
