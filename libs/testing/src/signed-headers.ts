import { createHash, createHmac } from 'node:crypto'

interface Unsigned {
  readonly method: string
  readonly url: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** The headers of an S3 request without a query or a body, signed for us-east-1 (Signature Version 4). */
export function signedHeaders({
  method,
  url,
  accessKeyId,
  secretAccessKey,
}: Unsigned): Record<string, string> {
  const { host, pathname } = new URL(url)
  const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '')
  const day = time.slice(0, 8)
  const scope = `${day}/us-east-1/s3/aws4_request`
  const bodyHash = sha256('')
  const signed = 'host;x-amz-content-sha256;x-amz-date'
  const named = `host:${host}\nx-amz-content-sha256:${bodyHash}\nx-amz-date:${time}\n`
  const request = [method, pathname, '', named, signed, bodyHash].join('\n')
  const key = [day, 'us-east-1', 's3', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`)
  const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(request)].join('\n')).toString('hex')
  const credential = `Credential=${accessKeyId}/${scope}`
  return {
    'x-amz-content-sha256': bodyHash,
    'x-amz-date': time,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${signed}, Signature=${signature}`,
  }
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
