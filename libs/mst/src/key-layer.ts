import { sha256 } from '@heronry/core/cid'

/** The layer a key lies on: pairs of leading zero bits in its SHA-256 (https://atproto.com/specs/repository#mst-structure). */
export function keyLayer(key: string): number {
  let layer = 0
  for (const byte of sha256(Buffer.from(key, 'latin1'))) {
    if (byte !== 0) return layer + Math.floor((Math.clz32(byte) - 24) / 2)
    layer += 4
  }
  return layer
}
