import { isDid } from '@heronry/core/did'
import type { EnvironmentReader } from './environment-reader.ts'
import type { OAuthConfig } from './house-config.ts'

/** PDS_OAUTH_TRUSTED_CLIENTS and PDS_LEXICON_AUTHORITY_DID, as in the reference. */
export function readOAuth(reader: EnvironmentReader): OAuthConfig {
  const lexiconAuthority = reader.parse(
    'LEXICON_AUTHORITY_DID',
    reader.string('LEXICON_AUTHORITY_DID'),
    (text) => {
      if (isDid(text)) return text
      throw new Error('must be a DID')
    },
  )
  return { trustedClients: reader.list('OAUTH_TRUSTED_CLIENTS'), lexiconAuthority }
}
