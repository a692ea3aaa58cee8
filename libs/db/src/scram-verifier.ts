import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

/**
 * What Postgres stores of a password (RFC 5803), instead of the password. It may be ASCII only: others would have to be prepared
 * (SASLprep) as Postgres does it.
 */
export function scramVerifier(
  password: string,
  { salt = randomBytes(16), iterations = 4096 }: { salt?: Uint8Array; iterations?: number } = {},
): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  const keyFor = (purpose: string) => createHmac('sha256', salted).update(purpose).digest()
  const storedKey = createHash('sha256').update(keyFor('Client Key')).digest('base64')
  const serverKey = keyFor('Server Key').toString('base64')
  return `SCRAM-SHA-256$${iterations}:${Buffer.from(salt).toString('base64')}$${storedKey}:${serverKey}`
}
