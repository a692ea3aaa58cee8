import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'

/** What happens to members, by the names of the reference: ids go to the log, what is countable to the metrics. */
export interface BusinessEvents {
  accountCreated(event: AccountCreated): void
  sessionCreated(event: SessionCreated): void
  sessionRefreshed(event: { community: string; did: string }): void
  /** On a page of the house: no session is begun yet. */
  signedIn(event: SignedIn): void
  signInFailed(event: Omit<SignedIn, 'did'> & { readonly did: string | null }): void
  oauthAuthorized(event: OAuthAuthorized): void
}

export interface AccountCreated {
  /** Its slug. */
  readonly community: string
  readonly did: string
  readonly source: 'createAccount' | 'oauth'
  readonly isInvited: boolean
  readonly isMigrated: boolean
}

export interface SessionCreated {
  readonly community: string
  readonly did: string
  readonly source: 'createAccount' | 'createSession' | 'oauth'
}

interface SignedIn {
  readonly community: string
  readonly did: string
  /** The app that is waiting for it; undefined: none. */
  readonly clientId: string | undefined
}

export interface OAuthAuthorized {
  readonly community: string
  readonly did: string
  readonly clientId: string
  readonly isTrusted: boolean
}

export function businessEvents({
  logger,
  metrics,
}: {
  logger: Logger
  metrics?: Metrics | undefined
}): BusinessEvents {
  return {
    accountCreated({ community, did, source, isInvited, isMigrated }) {
      const labels = { community, source, invited: String(isInvited), migrated: String(isMigrated) }
      metrics?.count('pds_accounts_created_total', labels)
      logger.info({ ...labels, did }, 'account.created')
    },
    sessionCreated({ community, did, source }) {
      metrics?.count('pds_sessions_created_total', { source })
      logger.info({ community, did, source }, 'session.created')
    },
    sessionRefreshed({ community, did }) {
      logger.info({ community, did }, 'session.refreshed')
    },
    signedIn({ community, did, clientId }) {
      metrics?.count('pds_sign_ins_total', { result: 'ok' })
      logger.info({ community, did, clientId }, 'account.signed-in')
    },
    signInFailed({ community, did, clientId }) {
      metrics?.count('pds_sign_ins_total', { result: 'refused' })
      logger.info({ community, did, clientId }, 'account.sign-in-failed')
    },
    oauthAuthorized({ community, did, clientId, isTrusted }) {
      metrics?.count('pds_oauth_authorizations_total', { trusted: String(isTrusted) })
      logger.info({ community, did, clientId, isTrusted }, 'oauth.authorized')
    },
  }
}
