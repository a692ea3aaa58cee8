import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'

/** What happens to members, by the names of the reference: ids go to the log, what is countable to the metrics. */
export interface BusinessEvents {
  accountCreated(event: AccountCreated): void
  sessionCreated(event: SessionCreated): void
  sessionRefreshed(event: { community: string; did: string }): void
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
  readonly source: 'createAccount' | 'createSession' | 'oauth' | 'passkey'
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
  }
}
