import { createHmac } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Scan, ScanSubject, Verdict } from '@heronry/blobs/scan-blob'
import { cidString } from '@heronry/core/cid'
import { assertNoTransaction } from '@heronry/db/in-transaction'
import { scanAnswerBytesMax, scanTimeoutMs } from '../limits.ts'

export interface HttpScanOptions {
  readonly url: string
  readonly secret: string
  readonly timeoutMs?: number
}

/**
 * The scanner behind an address of the operator's, as docs/blob-scanner.md has it: the bytes go there in one POST, signed by what they hash
 * to; the answer is a verdict. Redirects are not followed. Throws where there is no verdict.
 */
export function httpScan({ url, secret, timeoutMs = scanTimeoutMs }: HttpScanOptions): Scan {
  return async (subject) => {
    assertNoTransaction('scan')
    const signal = AbortSignal.any([subject.signal, AbortSignal.timeout(timeoutMs)])
    const response = await fetch(url, {
      method: 'POST',
      headers: signedHeaders(subject, { secret, at: Date.now() }),
      body: Readable.toWeb(subject.body) as ReadableStream,
      duplex: 'half',
      redirect: 'manual',
      signal,
    } as RequestInit)
    const text = await boundedText(response)
    if (!response.ok) throw new Error(`the scanner answers ${response.status}`)
    return verdictOf(text)
  }
}

/** The CID commits to the bytes, so the signature does. */
function signedHeaders(
  { actorId, cid, mime, size }: Pick<ScanSubject, 'actorId' | 'cid' | 'mime' | 'size'>,
  { secret, at }: { secret: string; at: number },
): Record<string, string> {
  const named = cidString(cid, 'raw')
  const timestamp = String(Math.floor(at / 1000))
  const signature = createHmac('sha256', secret)
    .update(`${timestamp}\n${named}\n${mime}\n${size}`)
    .digest('hex')
  return {
    'content-type': mime,
    'content-length': String(size),
    accept: 'application/json',
    'x-heronry-actor': String(actorId),
    'x-heronry-cid': named,
    'x-heronry-timestamp': timestamp,
    'x-heronry-signature': `v1=${signature}`,
  }
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > scanAnswerBytesMax) throw new Error('the answer of the scanner is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function verdictOf(text: string): Verdict {
  const { verdict, reason } = Object(JSON.parse(text)) as { verdict?: unknown; reason?: unknown }
  if (verdict === 'clean') return { verdict }
  if (verdict === 'bad') return { verdict, reason: typeof reason === 'string' ? reason : 'no reason given' }
  throw new Error('the scanner answers without a verdict')
}
