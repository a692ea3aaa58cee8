import { randomBytes } from 'node:crypto'
import type { ActorId } from '@heronry/core/ids'

/**
 * The name of a new object, final from the start: `b/<2 hex>/<actor>/<24 hex>`. It is opaque and never used twice; which blob it
 * holds stands in `blob.object_key`. The two digits spread folders and S3 prefixes.
 */
export function newObjectKey(actorId: ActorId): string {
  const name = randomBytes(12).toString('hex')
  return `b/${name.slice(0, 2)}/${actorId}/${name}`
}

const wellFormed = /^[a-z0-9-]+(\/[a-z0-9-]+)*$/

/** Keys come from our own table; one that could leave its folder is a programmer's error. */
export function assertObjectKey(key: string): void {
  if (!wellFormed.test(key)) throw new Error(`Not an object key: ${JSON.stringify(key)}`)
}
