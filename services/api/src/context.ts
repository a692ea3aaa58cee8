import type { Auth } from '@heronry/auth/create-auth'
import type { BlobObjects } from '@heronry/blobs/blob-objects'
import { systemClock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import type { DidResolver } from '@heronry/identity/did-resolver'
import type { RepoEngine } from '@heronry/repo/engine'
import type { BlobRedirect } from './blob-redirect.ts'
import type { Exports } from './exports.ts'

export interface ApiParts {
  db: Database
  auth: Auth
  engine: RepoEngine
  /** Where blob bytes are. */
  objects: BlobObjects
  resolver: DidResolver
  exports: Exports
  settings: ApiSettings
}

export interface ApiSettings {
  /** Bytes of one blob (PDS_BLOB_UPLOAD_LIMIT). */
  blobUploadLimit: number
  /** Where clients are sent for blobs; undefined: nowhere. */
  blobRedirect?: BlobRedirect | undefined
  /** The world sees a blob when the scanner has looked at it. */
  holdsBlobs?: boolean
}

export type ApiContext = ReturnType<typeof createApiContext>

/** What the api's methods take their arguments from. */
export function createApiContext(parts: ApiParts) {
  return { ...parts, clock: systemClock }
}
