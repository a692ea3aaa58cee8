import { type ResolveIdentityDeps, resolveDid as resolve } from '@heronry/accounts/resolve-identity'
import { parseDid } from '@heronry/core/did'
import * as identity from '@heronry/lexicons/generated/com/atproto/identity'
import { method } from '@heronry/xrpc/method'

export const resolveDid = (deps: Pick<ResolveIdentityDeps, 'resolver' | 'plc'>) =>
  method(identity.resolveDid, {
    handler: async ({ params }) => ({ body: { didDoc: await resolve(deps, { did: parseDid(params.did) }) } }),
  })
