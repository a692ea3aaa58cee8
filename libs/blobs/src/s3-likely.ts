import type { S3Options } from './s3-client.ts'

type Bucket = Pick<S3Options, 'bucket' | 'endpoint' | 'region' | 'forcePathStyle'>

/** What the SDK and Node say of a failure. */
export interface S3Fault {
  readonly name?: string
  readonly Code?: string
  readonly code?: string
  readonly message?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}

/** What an operator should look at first when a bucket does not do what it is asked. */
export function s3Likely(fault: S3Fault, bucket: Bucket): string {
  const status = fault.$metadata?.httpStatusCode
  const names = [fault.code, fault.Code, fault.name].filter((name) => name !== undefined)
  for (const name of names) {
    const words = byName[name] ?? (isTlsFault(name) ? tls : undefined)
    if (words !== undefined) return words(bucket)
  }
  const words = status === undefined ? undefined : (byStatus[status] ?? (status >= 500 ? unwell : undefined))
  if (words !== undefined) return words(bucket)
  return `${at(bucket)} answered what is no answer of an S3 server: is PDS_BLOBSTORE_S3_ENDPOINT the address of its S3 interface?`
}

type Words = (bucket: Bucket) => string

const at = ({ endpoint, region }: Bucket) => endpoint ?? `AWS in ${region ?? 'us-east-1'}`

/** Without path style the bucket is a part of the host's name, which most servers of one's own have no DNS and no certificate for. */
const pathStyleHint = ({ endpoint, forcePathStyle }: Bucket) =>
  endpoint !== undefined && forcePathStyle !== true
    ? '; a server of your own mostly needs PDS_BLOBSTORE_S3_FORCE_PATH_STYLE=true'
    : ''

const wrongSecret: Words = () =>
  'PDS_BLOBSTORE_S3_SECRET_ACCESS_KEY is not the secret of PDS_BLOBSTORE_S3_ACCESS_KEY_ID (or a proxy in front of the bucket changes the Host header)'
const unknownKey: Words = (bucket) => `PDS_BLOBSTORE_S3_ACCESS_KEY_ID is unknown at ${at(bucket)}`
const noKeys: Words = () =>
  'There are no keys: set PDS_BLOBSTORE_S3_ACCESS_KEY_ID and PDS_BLOBSTORE_S3_SECRET_ACCESS_KEY, or give the machine a role'
const noBucket: Words = (bucket) =>
  `There is no bucket ${bucket.bucket} at ${at(bucket)}: make it, or correct PDS_BLOBSTORE_S3_BUCKET${pathStyleHint(bucket)}`
const mayNot: Words = (bucket) =>
  `The key may not do this in bucket ${bucket.bucket}: it needs GetObject, PutObject, DeleteObject, ListBucket and AbortMultipartUpload`
const wrongRegion: Words = (bucket) =>
  `The bucket is not in region ${bucket.region ?? 'us-east-1'}: correct PDS_BLOBSTORE_S3_REGION or PDS_BLOBSTORE_S3_ENDPOINT`
const clock: Words = () =>
  'The clock of this machine and that of the S3 server differ by minutes: set the time'
const tooSlow: Words = (bucket) =>
  `${at(bucket)} did not answer in time: it is overloaded or the network loses packets (PDS_BLOBSTORE_S3_REQUEST_TIMEOUT_MS, PDS_BLOBSTORE_S3_UPLOAD_TIMEOUT_MS)`
const noHost: Words = (bucket) =>
  `The name of ${at(bucket)} does not resolve: correct PDS_BLOBSTORE_S3_ENDPOINT${pathStyleHint(bucket)}`
const nobodyThere: Words = (bucket) =>
  `Nobody answers at ${at(bucket)}: is the S3 server running, and may this machine reach it?`
const brokenOff: Words = (bucket) => `${at(bucket)}, or a proxy in front of it, broke the connection off`
const tls: Words = (bucket) =>
  `The certificate of ${at(bucket)} is not trusted for this name${pathStyleHint(bucket)}; a certificate authority of your own goes into NODE_EXTRA_CA_CERTS`
const notTls: Words = (bucket) =>
  `${at(bucket)} does not speak TLS: does PDS_BLOBSTORE_S3_ENDPOINT begin with http://?`
const busy: Words = (bucket) => `${at(bucket)} asks to be asked less often`
const full: Words = (bucket) => `The storage behind bucket ${bucket.bucket} is full, or its quota is used up`
const unwell: Words = (bucket) => `${at(bucket)} has a fault of its own: its log says more`
const truncated: Words = (bucket) =>
  `${at(bucket)} has fewer bytes of the object than were stored, or sent fewer than it announced`

function isTlsFault(name: string): boolean {
  return /^(CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(name)
}

const byName: Readonly<Record<string, Words>> = {
  SignatureDoesNotMatch: wrongSecret,
  InvalidAccessKeyId: unknownKey,
  CredentialsProviderError: noKeys,
  NoSuchBucket: noBucket,
  AccessDenied: mayNot,
  AllAccessDisabled: mayNot,
  AuthorizationHeaderMalformed: wrongRegion,
  PermanentRedirect: wrongRegion,
  IllegalLocationConstraintException: wrongRegion,
  RequestTimeTooSkewed: clock,
  RequestTimeout: tooSlow,
  TimeoutError: tooSlow,
  ETIMEDOUT: tooSlow,
  ENOTFOUND: noHost,
  EAI_AGAIN: noHost,
  ECONNREFUSED: nobodyThere,
  EHOSTUNREACH: nobodyThere,
  ENETUNREACH: nobodyThere,
  ECONNRESET: brokenOff,
  EPIPE: brokenOff,
  EPROTO: notTls,
  SlowDown: busy,
  TooManyRequests: busy,
  QuotaExceeded: full,
  TruncatedObject: truncated,
}

const byStatus: Readonly<Record<number, Words>> = {
  301: wrongRegion,
  401: wrongSecret,
  403: mayNot,
  404: noBucket,
  429: busy,
  503: busy,
  507: full,
}
