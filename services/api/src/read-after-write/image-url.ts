import type { Community } from '@heronry/communities/community'
import type { Did } from '@heronry/core/did'
import type { JsonMap } from './json.ts'

export type ImagePreset = 'avatar' | 'banner' | 'feed_thumbnail' | 'feed_fullsize'

/**
 * Where an image of a record is shown from: the AppView's image service, which gets it from us, or, where none is configured, our own getBlob.
 * Undefined where no blob is referred to, in today's form or that of the oldest records.
 */
export function imageUrl(
  { settings, publicUrl }: Pick<Community, 'settings' | 'publicUrl'>,
  { preset, did, blob }: { preset: ImagePreset; did: Did; blob: unknown },
): string | undefined {
  const cid = blobCid(blob)
  if (cid === undefined) return undefined
  const pattern = settings.appView?.cdnUrlPattern
  if (pattern === undefined) {
    return `${publicUrl}/xrpc/com.atproto.sync.getBlob?${new URLSearchParams({ did, cid })}`
  }
  const parts = [preset, did, cid].values()
  return pattern.replace(/%s/g, () => parts.next().value ?? '%s')
}

function blobCid(blob: unknown): string | undefined {
  const { ref, cid } = (blob ?? {}) as JsonMap
  const link = ((ref ?? {}) as JsonMap)['$link'] ?? cid
  return typeof link === 'string' ? link : undefined
}
