import { LexResolver } from '@atproto/oauth-provider/provider'
import type { Did } from '@heronry/core/did'
import type { Database } from '@heronry/db/database'
import { findHostedLexicon } from '@heronry/repo/hosted-lexicon'

export interface PermissionSetDeps {
  readonly db: Database
  readonly fetch: typeof globalThis.fetch
  readonly plcUrl: string
  /** PDS_LEXICON_AUTHORITY_DID: it stands in for whoever a domain names. */
  readonly authority: Did | undefined
}

/**
 * Finds the sets of permissions that apps ask for by name: who speaks for the name's domain publishes them as records. What an account of this
 * house publishes is read where it lies; all else comes from the network, with proof.
 */
export function createPermissionSets({ db, fetch, plcUrl, authority }: PermissionSetDeps): LexResolver {
  return new LexResolver({
    fetch,
    plcDirectoryUrl: plcUrl,
    hooks: {
      onResolveAuthority: () => authority as LexiconAuthority,
      onFetch: ({ did, nsid }) => findHostedLexicon(db, { did: did as Did, nsid: nsid.toString() }),
    },
  })
}

type LexiconAuthority = Awaited<
  ReturnType<
    NonNullable<NonNullable<ConstructorParameters<typeof LexResolver>[0]['hooks']>['onResolveAuthority']>
  >
>
