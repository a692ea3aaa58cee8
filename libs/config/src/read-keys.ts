import { hash } from 'node:crypto'
import { z } from 'zod'
import type { EnvironmentReader } from './environment-reader.ts'
import type { HouseConfig, PlcConfig } from './house-config.ts'

/** HERONRY_KEK: one or more keys of 32 bytes, in hex, separated by commas. A key's id is told by the key itself. */
export function readKeyEncryptionKeys(reader: EnvironmentReader): HouseConfig['keyEncryptionKeys'] {
  const text = reader.required(
    'KEK',
    'it seals the signing keys: 64 hex digits, as of `openssl rand -hex 32`',
  )
  const parse = (list: string) =>
    list.split(',').map((hex) => {
      const key = keyBytes(hex.trim())
      return { id: hash('sha256', key).slice(0, 16), key }
    })
  return reader.parse('KEK', text, parse) ?? []
}

const tokenKeys = z.object({
  keys: z
    .array(
      z.object({
        kty: z.literal('EC'),
        crv: z.literal('P-256'),
        kid: z.string().min(1),
        x: z.string(),
        y: z.string(),
        d: z.string(),
      }),
    )
    .min(1),
})

/** HERONRY_TOKEN_KEYS: a private JWKS of P-256 keys, each with a `kid`. */
export function readTokenKeys(reader: EnvironmentReader): HouseConfig['tokenKeys'] {
  const text = reader.required(
    'TOKEN_KEYS',
    'it signs session tokens: a private JWKS of P-256 keys with a kid',
  )
  const parse = (json: string) => {
    const result = tokenKeys.safeParse(jsonOf(json))
    if (!result.success) throw new Error('must be a private JWKS of P-256 keys, each with a kid')
    return result.data
  }
  return reader.parse('TOKEN_KEYS', text, parse) ?? { keys: [] }
}

export function readPlc(reader: EnvironmentReader): PlcConfig {
  if (reader.string('PLC_ROTATION_KEY_KMS_KEY_ID') !== undefined) {
    reader.problems.push(
      'PDS_PLC_ROTATION_KEY_KMS_KEY_ID is not supported yet: use PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX',
    )
  }
  const name = 'PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX'
  const text = reader.required(name, 'it signs identities at the PLC directory: 64 hex digits')
  return {
    url: reader.url('DID_PLC_URL', ['http:', 'https:']) ?? 'https://plc.directory',
    rotationKey: reader.parse(name, text, keyBytes) ?? new Uint8Array(),
    recoveryDidKey: reader.parse('RECOVERY_DID_KEY', reader.string('RECOVERY_DID_KEY'), (didKey) => {
      if (!didKey.startsWith('did:key:z')) throw new Error('must be a did:key')
      return didKey
    }),
  }
}

function keyBytes(hex: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/i.test(hex)) throw new Error('must be 64 hex digits (32 bytes)')
  return Buffer.from(hex, 'hex')
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
