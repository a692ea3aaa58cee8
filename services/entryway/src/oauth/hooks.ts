import type { OAuthHooks } from '@atproto/oauth-provider/hooks'
import type { Community } from '@heronry/communities/community'
import type { BusinessEvents } from '@heronry/telemetry/business-events'
import { countOAuth } from './oauth-request.ts'
import { withOAuthErrors } from './store-errors.ts'

export interface HookDeps {
  readonly events: BusinessEvents
  /** Ids of the clients that a member need not be warned of. */
  readonly trustedClients: readonly string[]
}

/** What is counted by who is named, before it is looked at; and what is told of what has happened. */
export function createHooks({ events, trustedClients }: HookDeps, { slug, settings }: Community): OAuthHooks {
  const trusted = new Set(trustedClients)
  const about = (account: { did: string }) => ({
    community: slug,
    did: account.did,
    source: 'oauth' as const,
  })
  return withOAuthErrors<OAuthHooks>({
    getClientInfo: (id) => ({ isTrusted: trusted.has(id) }),
    onSignInAttempt: ({ data }) => countOAuth('signInName', data.username),
    onSignUpAttempt: ({ input }) => countOAuth('signUpName', input.email),
    onResetPasswordRequest: ({ input }) => countOAuth('resetName', input.email),
    onChangeEmailRequest: ({ account }) => countOAuth('mailName', account.did),
    onVerifyEmailRequest: ({ account }) => countOAuth('mailName', account.did),
    onDeleteAccountRequest: ({ account }) => countOAuth('mailName', account.did),
    onUpdateHandle: ({ account }) => countOAuth('handleName', account.did),
    onSignedUp: ({ account }) =>
      events.accountCreated({ ...about(account), isInvited: settings.inviteRequired, isMigrated: false }),
    onSignedIn: ({ account, clientId }) => events.signedIn({ community: slug, did: account.did, clientId }),
    onSignInFailed: ({ did, clientId }) => events.signInFailed({ community: slug, did, clientId }),
    onAuthorized: ({ account, client }) =>
      events.oauthAuthorized({
        ...{ community: slug, did: account.did },
        ...{ clientId: client.id, isTrusted: client.isTrusted },
      }),
    onTokenCreated: ({ account }) => events.sessionCreated(about(account)),
    onTokenRefreshed: ({ account }) => events.sessionRefreshed({ community: slug, did: account.did }),
  })
}
