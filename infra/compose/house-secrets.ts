import { generateKeyPairSync, randomBytes } from 'node:crypto'

/** The secrets of a new house, by the variable that carries each. */
export function houseSecrets(): Record<string, string> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const about = { kid: hex(8), alg: 'ES256', use: 'sig' }
  return {
    POSTGRES_PASSWORD: hex(24),
    POSTGRES_ENTRYWAY_PASSWORD: hex(24),
    POSTGRES_API_PASSWORD: hex(24),
    POSTGRES_SEQUENCER_PASSWORD: hex(24),
    POSTGRES_BLOB_WORKER_PASSWORD: hex(24),
    POSTGRES_EMAIL_PASSWORD: hex(24),
    PDS_ADMIN_PASSWORD: hex(16),
    PDS_JWT_SECRET: hex(32),
    PDS_DPOP_SECRET: hex(32),
    // A number of 256 bits below the order of secp256k1: its first byte must not be 0xff.
    PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: `7${hex(32).slice(1)}`,
    PDS_BLOBSTORE_S3_ACCESS_KEY_ID: hex(10),
    PDS_BLOBSTORE_S3_SECRET_ACCESS_KEY: hex(20),
    HERONRY_KEK: hex(32),
    HERONRY_TOKEN_KEYS: JSON.stringify({ keys: [{ ...privateKey.export({ format: 'jwk' }), ...about }] }),
    HERONRY_TOKEN_JWKS: JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), ...about }] }),
  }
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex')
}
