import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** An authenticator with one passkey, as it answers a browser (WebAuthn 3, 6): real bytes, and whatever lies a test wants. */
export interface Authenticator {
  readonly id: string
  /** What `navigator.credentials.create` answers to these options. */
  create(options: { challenge: string }, lies?: Lies): object
  /** What `navigator.credentials.get` answers to these options. */
  get(options: { challenge: string }, lies?: Lies): object
  /** The counter that the next answer bears; it goes up by one each time, unless it is 0 for good. */
  counter: number
}

export interface Lies {
  readonly origin?: string
  readonly rpId?: string
  readonly type?: string
  /** User present 1, user verified 4, attested credential 64. */
  readonly flags?: number
  /** Instead of its own key's. */
  readonly signature?: string
  readonly attestation?: { readonly fmt: string; readonly statement: CborMap }
}

export interface AuthenticatorOptions {
  readonly origin: string
  readonly rpId: string
  readonly idBytes?: number
  readonly counts?: boolean
}

export function createAuthenticator({
  origin,
  rpId,
  idBytes = 32,
  counts = true,
}: AuthenticatorOptions): Authenticator {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const credentialId = randomBytes(idBytes)
  const id = credentialId.toString('base64url')
  const client = (type: string, challenge: string, lies: Lies) =>
    Buffer.from(
      JSON.stringify({
        type: lies.type ?? type,
        challenge,
        origin: lies.origin ?? origin,
        crossOrigin: false,
      }),
    )
  const shared = { id, rawId: id, type: 'public-key', clientExtensionResults: {} }
  const authenticator: Authenticator = {
    id,
    counter: counts ? 1 : 0,
    create({ challenge }, lies = {}) {
      const clientData = client('webauthn.create', challenge, lies)
      const length = Buffer.alloc(2)
      length.writeUInt16BE(credentialId.length)
      const attested = Buffer.concat([Buffer.alloc(16), length, credentialId, coseKey(publicKey)])
      const data = { rpId: lies.rpId ?? rpId, flags: lies.flags ?? 0x45, counter: next() }
      const { fmt, statement } = lies.attestation ?? { fmt: 'none', statement: new Map() }
      const object = new Map<string, CborValue>([
        ['fmt', fmt],
        ['attStmt', statement],
        ['authData', Buffer.concat([authenticatorData(data), attested])],
      ])
      const response = {
        clientDataJSON: clientData.toString('base64url'),
        attestationObject: cbor(object).toString('base64url'),
        transports: ['internal', 'hybrid', 'made-up'],
      }
      return { ...shared, response }
    },
    get({ challenge }, lies = {}) {
      const clientData = client('webauthn.get', challenge, lies)
      const data = authenticatorData({ rpId: lies.rpId ?? rpId, flags: lies.flags ?? 0x05, counter: next() })
      const signed = Buffer.concat([data, sha256(clientData)])
      const response = {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: lies.signature ?? sign('sha256', signed, privateKey).toString('base64url'),
      }
      return { ...shared, response }
    },
  }
  const next = () => (authenticator.counter === 0 ? 0 : authenticator.counter++)
  return authenticator
}

function authenticatorData({ rpId, flags, counter }: { rpId: string; flags: number; counter: number }) {
  const tail = Buffer.alloc(5)
  tail.writeUInt8(flags)
  tail.writeUInt32BE(counter, 1)
  return Buffer.concat([sha256(Buffer.from(rpId)), tail])
}

/** RFC 9053, 7.1.1: EC2, ES256, P-256. */
function coseKey(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  return cbor(
    new Map<number, CborValue>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x, 'base64url')],
      [-3, Buffer.from(y, 'base64url')],
    ]),
  )
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}

export type CborValue = number | string | Buffer | CborValue[] | CborMap
export type CborMap = Map<number, CborValue> | Map<string, CborValue>

/** RFC 8949, as much of it as authenticators speak. */
function cbor(value: CborValue): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)])
  const entries: [number | string, CborValue][] = [...value]
  return Buffer.concat([head(5, entries.length), ...entries.flatMap(([key, it]) => [cbor(key), cbor(it)])])
}

function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(major << 5) | length])
  if (length < 256) return Buffer.from([(major << 5) | 24, length])
  return Buffer.from([(major << 5) | 25, length >> 8, length & 255])
}
