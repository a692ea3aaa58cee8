import type { EnvironmentReader } from './environment-reader.ts'
import type { BlobScanConfig } from './house-config.ts'

const secretCharsMin = 16

/** HERONRY_BLOB_SCAN_*: who looks at blobs before the world does. The address is the operator's own word: it may lie inside. */
export function readBlobScan(reader: EnvironmentReader): BlobScanConfig | undefined {
  const url = reader.url('BLOB_SCAN_URL', ['http:', 'https:'])
  if (url === undefined) return undefined
  const { username, password } = new URL(url)
  if (username !== '' || password !== '') {
    reader.problems.push('HERONRY_BLOB_SCAN_URL must not hold a password: requests are signed')
  }
  const secret = reader.string('BLOB_SCAN_SECRET') ?? ''
  if (secret.length < secretCharsMin) {
    reader.problems.push(`HERONRY_BLOB_SCAN_SECRET must have at least ${secretCharsMin} characters`)
  }
  const onFailure = reader.string('BLOB_SCAN_FAILURE') ?? 'hold'
  if (onFailure === 'hold' || onFailure === 'pass') return { url, secret, onFailure }
  reader.problems.push('HERONRY_BLOB_SCAN_FAILURE must be hold or pass')
  return undefined
}

/** Whoever takes uploads in needs to know that there is a scanner, and nothing else of it. */
export function holdsBlobs(reader: EnvironmentReader): boolean {
  return reader.string('BLOB_SCAN_URL') !== undefined
}
