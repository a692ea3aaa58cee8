import type { IncomingHttpHeaders } from 'node:http'
import type { ByteRange } from '@heronry/blobs/blob-objects'
import type { RawAnswer } from '@heronry/xrpc/method'
import { byteRange } from './byte-range.ts'

export interface BlobToServe {
  /** The CID as text: also the entity tag, because the bytes under it never change. */
  readonly cid: string
  readonly mime: string
  readonly size: number
}

/** What a request for a blob is answered with, but for its bytes. */
export interface BlobAnswer {
  readonly head: Pick<RawAnswer, 'encoding' | 'headers'> & { status: 200 | 206 | 304 | 416 }
  readonly sendsBytes: boolean
  readonly range?: ByteRange
}

/** Decides by If-None-Match, If-Range and Range (RFC 9110 §13, §14), in this order. A range of a HEAD means nothing. */
export function blobAnswer(
  { method, headers }: { method: string; headers: IncomingHttpHeaders },
  blob: BlobToServe,
): BlobAnswer {
  const isHead = method === 'HEAD'
  const tag = `"${blob.cid}"`
  const answer = (status: BlobAnswer['head']['status'], extra: Record<string, string>) => ({
    status,
    encoding: blob.mime,
    headers: { ...safetyHeaders(blob.cid), etag: tag, 'accept-ranges': 'bytes', ...extra },
  })
  if (namesTag(headers['if-none-match'], tag)) return { head: answer(304, {}), sendsBytes: false }
  const ifRange = headers['if-range']
  const wantsRange = !isHead && (ifRange === undefined || ifRange === tag)
  const range = wantsRange ? byteRange(headers.range, blob.size) : undefined
  if (range === 'unsatisfiable') {
    const none = { 'content-range': `bytes */${blob.size}`, 'content-length': '0' }
    return { head: answer(416, none), sendsBytes: false }
  }
  if (range === undefined) {
    return { head: answer(200, { 'content-length': String(blob.size) }), sendsBytes: !isHead }
  }
  const { start, end } = range
  const part = {
    'content-range': `bytes ${start}-${end}/${blob.size}`,
    'content-length': String(end - start + 1),
  }
  return { head: answer(206, part), sendsBytes: true, range }
}

/** To where the bytes are. What is seen there ends with the blob's visibility here, so that nobody keeps the way. */
export function redirected(location: string, cid: string): RawAnswer {
  const headers = {
    ...safetyHeaders(cid),
    location,
    'content-length': '0',
    'cache-control': 'private, no-store',
  }
  return { status: 302, encoding: 'application/octet-stream', headers, buffer: new Uint8Array() }
}

/** Weak comparison: that of If-None-Match. */
function namesTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  const tags = header.split(',').map((each) => each.trim().replace(/^W\//, ''))
  return tags.includes(tag) || header.trim() === '*'
}

export function dispositionOf(cid: string): string {
  return `attachment; filename="${cid}"`
}

function safetyHeaders(cid: string) {
  return {
    'x-content-type-options': 'nosniff',
    'content-disposition': dispositionOf(cid),
    'content-security-policy': "default-src 'none'; sandbox",
  }
}
