import { systemClock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import { isSignedByDid } from '@heronry/identity/atproto-keys'
import type { DidResolver } from '@heronry/identity/did-resolver'
import type { PlcDirectory } from '@heronry/identity/plc-directory'
import { audit } from '@heronry/operators/audit'
import type { ImportDeps } from '@heronry/repo/import/import-repo'
import { ImportSeats } from '@heronry/repo/import/import-seats'
import type { Logger } from '@heronry/telemetry/logger'
import type { Vault } from '@heronry/vault/vault'

export interface ImportParts {
  readonly db: Database
  readonly vault: Vault
  readonly plc: PlcDirectory
  readonly resolver: DidResolver
  readonly logger: Logger
}

/** What the imports of a process have in common. */
export function createImports({ db, vault, plc, resolver, logger }: ImportParts): ImportDeps {
  return {
    ...{ db, vault, clock: systemClock, seats: new ImportSeats() },
    isSigned: ({ did, unsigned: bytes, signature }) =>
      isSignedByDid({ plc, resolver }, { did, bytes, signature }),
    tellUnverified: async (tx, { actor, unverifiedFrom }) => {
      logger.warn({ did: actor.did }, 'a repo was imported whose signature nobody could check')
      await audit(tx, {
        communityId: actor.communityId,
        at: new Date(systemClock.now()),
        principal: actor.did,
        address: unverifiedFrom ?? '',
        method: 'com.atproto.repo.importRepo',
        subject: actor.did,
        reason: 'The commit is not signed by a key of its DID that is known',
        before: null,
        after: null,
        outcome: 'done',
        error: null,
      })
    },
  }
}
