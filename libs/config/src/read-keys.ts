import { hash } from 'node:crypto'
import type { EnvironmentReader } from './environment-reader.ts'
import type { EntrywayConfig, PlcConfig } from './house-config.ts'

/** HERONRY_KEK: one or more keys of 32 bytes, in hex, separated by commas. A key's id is told by the key itself. */
export function readKeyEncryptionKeys(reader: EnvironmentReader): EntrywayConfig['keyEncryptionKeys'] {
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

/** PDS_DPOP_SECRET. The reference makes one up for each process where it is not set; here there may be many processes. */
export function readDpopSecret(reader: EnvironmentReader): Uint8Array {
  const text = reader.required(
    'DPOP_SECRET',
    'it makes the nonces of OAuth, the same in every process: 64 hex digits',
  )
  return reader.parse('DPOP_SECRET', text, keyBytes) ?? new Uint8Array()
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
    url: readPlcUrl(reader),
    rotationKey: reader.parse(name, text, keyBytes) ?? new Uint8Array(),
    recoveryDidKey: reader.parse('RECOVERY_DID_KEY', reader.string('RECOVERY_DID_KEY'), (didKey) => {
      if (!didKey.startsWith('did:key:z')) throw new Error('must be a did:key')
      return didKey
    }),
  }
}

export function readPlcUrl(reader: EnvironmentReader): string {
  return reader.url('DID_PLC_URL', ['http:', 'https:']) ?? 'https://plc.directory'
}

function keyBytes(hex: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/i.test(hex)) throw new Error('must be 64 hex digits (32 bytes)')
  return Buffer.from(hex, 'hex')
}
