import { type CreateAccountDeps, createAccount as create } from '@heronry/accounts/create-account'
import type { Auth } from '@heronry/auth/create-auth'
import { invalidHandle } from '@heronry/core/handle'
import type { DidResolver } from '@heronry/identity/did-resolver'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import type { BusinessEvents } from '@heronry/telemetry/business-events'
import { clientKey } from '@heronry/xrpc/client-key'
import { method } from '@heronry/xrpc/method'
import { createAccountRateLimit } from '../../../../rate-limits.ts'

export interface SignUpDeps extends CreateAccountDeps {
  auth: Auth
  resolver: DidResolver
  events: BusinessEvents
}

/** Anybody may ask; who brings a DID shows by a service token that it is theirs. */
export const createAccount = ({ auth, resolver, events, ...deps }: SignUpDeps) =>
  method(server.createAccount, {
    auth: auth.optionalService({ lxm: 'com.atproto.server.createAccount' }),
    rateLimit: createAccountRateLimit,
    handler: async ({ input, community, req, auth: who }) => {
      const { actor, accessJwt, refreshJwt } = await create(deps, {
        ...input.body,
        community,
        provenDid: who.type === 'service' ? who.did : undefined,
        device: { network: clientKey(req), userAgent: req.headers['user-agent'] },
        isAdmin: who.type === 'admin',
      })
      const about = { community: community.slug, did: actor.did, source: 'createAccount' } as const
      const isInvited = community.settings.inviteRequired
      events.accountCreated({ ...about, isInvited, isMigrated: input.body.did !== undefined })
      events.sessionCreated(about)
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
