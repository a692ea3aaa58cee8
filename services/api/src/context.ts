import type { Auth } from '@heronry/auth/create-auth'
import type { BlobObjects } from '@heronry/blobs/blob-objects'
import { systemClock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import type { DidResolver } from '@heronry/identity/did-resolver'
import type { RepoEngine } from '@heronry/repo/engine'
import type { Vault } from '@heronry/vault/vault'
import type { Exports } from './exports.ts'
import type { Upstreams } from './proxy/upstreams.ts'

export interface ApiParts {
  db: Database
  auth: Auth
  engine: RepoEngine
  /** Signs what is asked of other services in a member's name. */
  vault: Pick<Vault, 'signer'>
  upstreams: Upstreams
  /** Where blob bytes are. */
  objects: BlobObjects
  resolver: DidResolver
  exports: Exports
  settings: ApiSettings
}

export interface ApiSettings {
  /** Bytes of one blob (PDS_BLOB_UPLOAD_LIMIT). */
  blobUploadLimit: number
}

export type ApiContext = ReturnType<typeof createApiContext>

/** What the api's methods take their arguments from. */
export function createApiContext(parts: ApiParts) {
  return { ...parts, clock: systemClock }
}
