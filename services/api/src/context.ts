import type { Auth } from '@heronry/auth/create-auth'
import type { BlobObjects } from '@heronry/blobs/blob-objects'
import { systemClock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import type { DidResolver } from '@heronry/identity/did-resolver'
import type { RepoEngine } from '@heronry/repo/engine'
import type { ImportDeps } from '@heronry/repo/import/import-repo'
import type { Vault } from '@heronry/vault/vault'
import type { BlobRedirect } from './blob-redirect.ts'
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
  imports: ImportDeps
  settings: ApiSettings
}

export interface ApiSettings {
  /** Bytes of one blob (PDS_BLOB_UPLOAD_LIMIT). */
  blobUploadLimit: number
  /** Where clients are sent for blobs; undefined: nowhere. */
  blobRedirect?: BlobRedirect | undefined
  /** The world sees a blob when the scanner has looked at it. */
  holdsBlobs?: boolean
  imports: ImportSettings
}

export interface ImportSettings {
  /** PDS_ACCEPTING_REPO_IMPORTS */
  accepting: boolean
  /** Of a CAR, decoded, and of the records in it (PDS_MAX_REPO_IMPORT_SIZE). */
  bytesMax: number
}

export type ApiContext = ReturnType<typeof createApiContext>

/** What the api's methods take their arguments from. */
export function createApiContext(parts: ApiParts) {
  return { ...parts, clock: systemClock }
}
