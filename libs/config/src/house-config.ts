import type { CommunityDefinition } from '@heronry/communities/community'

/** What a process of the house is told at start. Each part of the house is handed its slice, never the whole. */
export interface HouseConfig {
  readonly version: string
  /** Plain http, local addresses, answers checked against their lexicons. */
  readonly devMode: boolean
  readonly log: { readonly enabled: boolean; readonly level: LogLevel }
  /** Undefined: nobody is sent any traces. */
  readonly tracing: TracingConfig | undefined
  readonly database: { readonly url: string; readonly poolMax: number }
  /** Undefined: the house does without. */
  readonly redis: { readonly url: string } | undefined
  readonly http: { readonly port: number; readonly trustedProxies: readonly string[] }
  readonly communities: readonly CommunityDefinition[]
  /** The first one seals; the others only open. */
  readonly keyEncryptionKeys: readonly { readonly id: string; readonly key: Uint8Array }[]
  /** A private JWKS of ES256 keys; the first one signs. */
  readonly tokenKeys: { readonly keys: readonly TokenKey[] }
  readonly plc: PlcConfig
  readonly identity: IdentityConfig
  readonly blobs: BlobConfig
  readonly mail: { readonly smtpUrl: string; readonly fromAddress: string } | undefined
  readonly didDocWithSession: boolean
  readonly firehose: { readonly backfillLimitMs: number }
  /** Undefined: nothing is counted. */
  readonly rateLimits: RateLimitConfig | undefined
  /** Set by the launcher alone: where captured mail is kept. */
  readonly devMailFolder: string | undefined
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

export interface TracingConfig {
  readonly protocol: 'http/protobuf' | 'http/json'
  /** The share of traces that is kept, 0 to 1. */
  readonly ratio: number
}

export interface TokenKey {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly kid: string
  readonly x: string
  readonly y: string
  readonly d: string
}

export interface PlcConfig {
  readonly url: string
  /** The 32 bytes of a secp256k1 private key. */
  readonly rotationKey: Uint8Array
  readonly recoveryDidKey: string | undefined
}

export interface IdentityConfig {
  readonly timeoutMs: number
  readonly staleAfterMs: number
  readonly expiresAfterMs: number
  /** False: private addresses may be asked too (development). */
  readonly publicOnly: boolean
  readonly responseBytesMax: number
}

export interface RateLimitConfig {
  readonly bypassKey: string | undefined
  /** Addresses and CIDR ranges that nothing is counted for. */
  readonly bypassAddresses: readonly string[]
}

export type BlobConfig = { readonly uploadBytesMax: number } & (
  | { readonly kind: 'disk'; readonly location: string; readonly tempLocation: string }
  | {
      readonly kind: 's3'
      readonly bucket: string
      readonly region: string | undefined
      readonly endpoint: string | undefined
      readonly forcePathStyle: boolean
      readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
      readonly uploadTimeoutMs: number
      readonly requestTimeoutMs: number
    }
)
