import { randomBytes } from 'node:crypto'
import type { ActorId } from '@heronry/core/ids'

/** Where objects lie: what may be read, and what was taken down. A bucket's policy may tell them apart. */
export const objectFolders = ['b/', 'q/'] as const

/**
 * The name of a new object: `b/<2 hex>/<actor>/<24 hex>`. It is opaque and never used twice; which blob it holds stands in
 * `blob.object_key`. The two digits spread folders and S3 prefixes; all of an actor's objects lie in one place.
 */
export function newObjectKey(actorId: ActorId): string {
  return `${actorFolder('b/', actorId)}${randomBytes(12).toString('hex')}`
}

/** The prefix of an actor's objects. */
export function actorFolder(folder: (typeof objectFolders)[number], actorId: ActorId): string {
  const shard = (BigInt(actorId) & 0xffn).toString(16).padStart(2, '0')
  return `${folder}${shard}/${actorId}/`
}

/** Whose object it is; undefined for what is none of ours. */
export function actorOfKey(key: string): ActorId | undefined {
  const actorId = /^[bq]\/[0-9a-f]{2}\/([1-9]\d{0,18})\/[0-9a-f]{24}$/.exec(key)?.[1]
  return actorId === undefined ? undefined : (BigInt(actorId) as ActorId)
}

/** Whether an object lies where what was taken down lies. */
export function isQuarantined(key: string): boolean {
  return key.startsWith('q/')
}

/** The same object's name in the other folder: a takedown moves it there, and back. */
export function elsewhere(key: string): string {
  return `${isQuarantined(key) ? 'b' : 'q'}${key.slice(1)}`
}

const wellFormed = /^[a-z0-9-]+(\/[a-z0-9-]+)*$/

/** Keys come from our own table; one that could leave its folder is a programmer's error. */
export function assertObjectKey(key: string): void {
  if (!wellFormed.test(key)) throw new Error(`Not an object key: ${JSON.stringify(key)}`)
}
