import { generateKeyPairSync } from 'node:crypto'

/** HERONRY_TOKEN_KEYS with a new key for each name. */
export function tokenKeys(...kids: string[]): string {
  const keys = kids.map((kid) => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    return { ...privateKey.export({ format: 'jwk' }), kid }
  })
  return JSON.stringify({ keys })
}
