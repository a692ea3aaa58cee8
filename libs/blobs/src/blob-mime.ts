import { fileTypeFromBuffer } from 'file-type'
import { mimeLengthMax, sniffBytesMax } from './limits.ts'

const wellFormed = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\t\x20-\x7e]*)?$/

/**
 * The type of a blob: what its first bytes say, else what the client declared. A wildcard, as some clients send, declares nothing.
 */
export async function blobMime(head: Uint8Array, declared: string | undefined): Promise<string> {
  const sniffed = await fileTypeFromBuffer(head.subarray(0, sniffBytesMax))
  return sniffed?.mime ?? declaredMime(declared) ?? 'application/octet-stream'
}

function declaredMime(declared: string | undefined): string | undefined {
  const mime = declared?.trim() ?? ''
  return mime.length <= mimeLengthMax && wellFormed.test(mime) ? mime : undefined
}
