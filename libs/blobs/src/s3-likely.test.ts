import { expect, test } from 'vitest'
import { type S3Fault, s3Likely } from './s3-likely.ts'

const bucket = { bucket: 'herons', endpoint: 'https://s3.herons.test' }

test.each<[S3Fault, string]>([
  [{ name: 'SignatureDoesNotMatch' }, 'PDS_BLOBSTORE_S3_SECRET_ACCESS_KEY'],
  [{ name: 'InvalidAccessKeyId' }, 'PDS_BLOBSTORE_S3_ACCESS_KEY_ID is unknown at https://s3.herons.test'],
  [{ name: 'CredentialsProviderError' }, 'There are no keys'],
  [{ Code: 'NoSuchBucket' }, 'no bucket herons at'],
  [{ name: 'AccessDenied' }, 'may not do this in bucket herons'],
  [{ name: 'PermanentRedirect' }, 'not in region us-east-1'],
  [{ name: 'RequestTimeTooSkewed' }, 'clock'],
  [{ name: 'TimeoutError' }, 'did not answer in time'],
  [{ code: 'ENOTFOUND' }, 'PDS_BLOBSTORE_S3_FORCE_PATH_STYLE=true'],
  [{ code: 'ECONNREFUSED' }, 'Nobody answers'],
  [{ code: 'ECONNRESET', name: 'TimeoutError' }, 'broke the connection off'],
  [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'PDS_BLOBSTORE_S3_FORCE_PATH_STYLE=true'],
  [{ code: 'EPROTO' }, 'does not speak TLS'],
  [{ name: 'SlowDown', $metadata: { httpStatusCode: 503 } }, 'asked less often'],
  [{ name: 'InternalError', $metadata: { httpStatusCode: 500 } }, 'a fault of its own'],
  [{ name: 'Unknown', $metadata: { httpStatusCode: 403 } }, 'may not do this'],
  [{ name: 'SyntaxError', $metadata: { httpStatusCode: 200 } }, 'no answer of an S3 server'],
  [{}, 'no answer of an S3 server'],
])('a bucket that fails with %j is explained', (fault, words) => {
  expect(s3Likely(fault, bucket)).toContain(words)
})

test('path style is not proposed where it is set, nor for AWS', () => {
  const fault = { code: 'ENOTFOUND' }
  expect(s3Likely(fault, { ...bucket, forcePathStyle: true })).not.toContain('PATH_STYLE')
  expect(s3Likely(fault, { bucket: 'herons', region: 'eu-north-1' })).toBe(
    'The name of AWS in eu-north-1 does not resolve: correct PDS_BLOBSTORE_S3_ENDPOINT',
  )
})
