import { z } from 'zod'
import type { EnvironmentReader } from './environment-reader.ts'
import type { EntrywayConfig, TokenJwks } from './house-config.ts'

type TokenKeys = EntrywayConfig['tokenKeys']

const publicKey = {
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  kid: z.string().min(1),
  x: z.string(),
  y: z.string(),
}
const privateKeys = z.object({ keys: z.array(z.object({ ...publicKey, d: z.string() })).min(1) })
const publicKeys = z.object({ keys: z.array(z.object({ ...publicKey, d: z.undefined().optional() })).min(1) })

/** HERONRY_TOKEN_KEYS: a private JWKS of P-256 keys, each with a `kid`. */
export function readTokenKeys(reader: EnvironmentReader): TokenKeys {
  const text = reader.required(
    'TOKEN_KEYS',
    'it signs session tokens: a private JWKS of P-256 keys with a kid',
  )
  const parse = (json: string) => {
    const result = privateKeys.safeParse(jsonOf(json))
    if (!result.success) throw new Error('must be a private JWKS of P-256 keys, each with a kid')
    return result.data
  }
  return reader.parse('TOKEN_KEYS', text, parse) ?? { keys: [] }
}

/** HERONRY_TOKEN_JWKS: the public half of HERONRY_TOKEN_KEYS. Private keys are refused: who only verifies must not know them. */
export function readTokenJwks(reader: EnvironmentReader): TokenJwks {
  const text = reader.required(
    'TOKEN_JWKS',
    'it verifies session tokens: the public half of HERONRY_TOKEN_KEYS',
  )
  const parse = (json: string) => {
    const result = publicKeys.safeParse(jsonOf(json))
    if (!result.success) {
      throw new Error('must be a JWKS of public P-256 keys (without d), each with a kid')
    }
    return publicPart(result.data)
  }
  return reader.parse('TOKEN_JWKS', text, parse) ?? { keys: [] }
}

export function publicPart({ keys }: TokenJwks): TokenJwks {
  return { keys: keys.map(({ kty, crv, kid, x, y }) => ({ kty, crv, kid, x, y })) }
}

interface BothHalves {
  tokenKeys: TokenKeys
  tokenJwks: TokenJwks
}

/** A key that signs and that nobody can verify with would sign everybody out. */
export function checkTokenKeys(reader: EnvironmentReader, { tokenKeys, tokenJwks }: BothHalves): void {
  if (tokenKeys.keys.length === 0 || tokenJwks.keys.length === 0) return
  const isPublished = ({ kid, x, y }: TokenJwks['keys'][number]) =>
    tokenJwks.keys.some((it) => it.kid === kid && it.x === x && it.y === y)
  if (!tokenKeys.keys.every(isPublished)) {
    reader.problems.push('HERONRY_TOKEN_JWKS must hold the public half of every key in HERONRY_TOKEN_KEYS')
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
