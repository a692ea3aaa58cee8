import type { CommunityDefinition } from '@heronry/communities/community'
import type { Did } from '@heronry/core/did'

/** What every process is told at start. Each part of it is handed its slice, never the whole. */
export interface CommonConfig {
  readonly version: string
  /** Plain http, local addresses, answers checked against their lexicons. */
  readonly devMode: boolean
  readonly log: LogConfig
  /** `role`: the Postgres role that connections take on; undefined: that of the user who connects. */
  readonly database: { readonly url: string; readonly poolMax: number; readonly role: string | undefined }
  /** Undefined: the house does without. */
  readonly redis: { readonly url: string } | undefined
  /** Of health and metrics; undefined: nowhere. */
  readonly internalPort: number | undefined
  /** Undefined: traces go nowhere. */
  readonly tracing: TracingConfig | undefined
  /** From the signal to end until connections are refused. */
  readonly drainDelayMs: number
}

/** What a process with a public port is told. */
export interface HttpConfig {
  readonly http: { readonly port: number; readonly trustedProxies: readonly string[] }
  /** Undefined: nothing is counted. */
  readonly rateLimits: RateLimitConfig | undefined
}

interface SealedKeysConfig {
  /** The first one seals; the others only open. */
  readonly keyEncryptionKeys: readonly { readonly id: string; readonly key: Uint8Array }[]
}

interface DpopConfig {
  /**
   * 32 bytes that the nonces of DPoP proofs are made with. A client keeps one nonce for its whole origin, which both services answer
   * under, so all their processes have the same.
   */
  readonly dpopSecret: Uint8Array
}

interface ResolvingConfig {
  readonly plc: { readonly url: string }
  readonly identity: IdentityConfig
}

export interface EntrywayConfig
  extends CommonConfig,
    HttpConfig,
    SealedKeysConfig,
    DpopConfig,
    ResolvingConfig {
  readonly communities: readonly CommunityDefinition[]
  /** A private JWKS of ES256 keys; the first one signs. */
  readonly tokenKeys: { readonly keys: readonly TokenKey[] }
  readonly plc: PlcConfig
  readonly blobs: { readonly uploadBytesMax: number }
  readonly didDocWithSession: boolean
  /** What keeps robots out of sign-ups; undefined: nothing. */
  readonly hcaptcha: HcaptchaConfig | undefined
  readonly oauth: OAuthConfig
}

export interface OAuthConfig {
  /** Ids of the clients that a member need not be warned of; their sessions last longer. */
  readonly trustedClients: readonly string[]
  /** Whose permission sets count, instead of those that each domain names; undefined: as the network says. */
  readonly lexiconAuthority: Did | undefined
}

export interface HcaptchaConfig {
  readonly siteKey: string
  readonly secretKey: string
  /** Hides from the captcha's service whose handle and address it is told of. */
  readonly tokenSalt: string
}

export interface ApiConfig extends CommonConfig, HttpConfig, SealedKeysConfig, DpopConfig, ResolvingConfig {
  /** What session tokens are verified with: no process but entryway can sign them. */
  readonly tokenJwks: TokenJwks
  readonly blobs: BlobConfig
  /** How other services are asked in a member's name; what is undefined is as the api has it. */
  readonly proxy: ProxyConfig
}

export interface ProxyConfig {
  readonly allowHttp2: boolean
  readonly headersTimeoutMs: number | undefined
  readonly bodyTimeoutMs: number | undefined
  readonly answerBytesMax: number | undefined
  readonly retriesMax: number | undefined
}

export interface SequencerConfig extends CommonConfig, HttpConfig {
  readonly sequencerRole: SequencerRole
  /** How relays are asked. */
  readonly identity: IdentityConfig
  readonly firehose: FirehoseConfig
}

export interface FirehoseConfig {
  /** How long events are kept and replayed. */
  readonly retentionMs: number
  /** Where they are archived after some hours; undefined: Postgres keeps them. */
  readonly archive: ObjectStoreConfig | undefined
  /** Subscribers that one address may have at one community, in each process. */
  readonly subscribersPerIpMax: number
}

/** What a task is told that concerns numbering. */
export interface SequencerTaskConfig {
  readonly databaseUrl: string
  readonly redisUrl: string | undefined
  /** Relays inside are not asked. */
  readonly publicOnly: boolean
}

export interface BlobWorkerConfig extends CommonConfig {
  readonly blobs: BlobConfig
}

export interface EmailConfig extends CommonConfig {
  /** Undefined: mail goes nowhere. */
  readonly mail: MailerConfig | undefined
  /** From what moderators write to members. */
  readonly moderationMail: MailerConfig | undefined
  /** Signs what goes out; undefined: the mail server does, or nobody. */
  readonly dkim: DkimConfig | undefined
}

export interface DkimConfig {
  /** The record is at `<selector>._domainkey.<domain of the sender>`. */
  readonly selector: string
  /** PEM */
  readonly privateKey: string
}

export interface MailerConfig {
  readonly smtpUrl: string
  readonly fromAddress: string
}

/** All of them in one process. */
export interface HouseConfig
  extends EntrywayConfig,
    ApiConfig,
    SequencerConfig,
    BlobWorkerConfig,
    EmailConfig {
  readonly plc: PlcConfig
  readonly blobs: BlobConfig
  /** Set by the launcher alone: where captured mail is kept. */
  readonly devMailFolder: string | undefined
}

/** What a task is told that opens the database, does one thing, and ends. */
export interface TaskConfig {
  readonly databaseUrl: string
}

export interface RebuildConfig extends TaskConfig {
  readonly keyEncryptionKeys: EntrywayConfig['keyEncryptionKeys']
}

export interface CommunitiesConfig extends TaskConfig {
  readonly communities: readonly CommunityDefinition[]
}

export interface MigrateConfig extends CommunitiesConfig {
  /** By role: those that are to log in by themselves. */
  readonly rolePasswords: ReadonlyMap<string, string>
}

export interface ConfigOf {
  standalone: HouseConfig
  entryway: EntrywayConfig
  api: ApiConfig
  sequencer: SequencerConfig
  'blob-worker': BlobWorkerConfig
  email: EmailConfig
}

export type ServiceName = keyof ConfigOf

/** `leader` numbers events (many may try, one does), `edge` serves subscribers. */
export type SequencerRole = 'leader' | 'edge' | 'both'

export interface TokenJwks {
  readonly keys: readonly Omit<TokenKey, 'd'>[]
}

export interface LogConfig {
  readonly enabled: boolean
  readonly level: LogLevel
  /** The parts of the house that are heard; undefined: all of them. */
  readonly systems: readonly string[] | undefined
  /** A file that lines are added to; undefined: standard output. */
  readonly destination: string | undefined
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

export interface TracingConfig {
  readonly protocol: 'http/protobuf' | 'http/json'
  /** The share of traces that is kept, 0 to 1. */
  readonly ratio: number
  /** Between two batches. */
  readonly delayMs: number
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
  /** Addresses or hosts, each with a port if need be. */
  readonly backupNameServers: readonly string[]
}

export interface RateLimitConfig {
  readonly bypassKey: string | undefined
  /** Addresses and CIDR ranges that nothing is counted for. */
  readonly bypassAddresses: readonly string[]
}

export type BlobConfig = { readonly uploadBytesMax: number } & ObjectStoreConfig

export type ObjectStoreConfig =
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
