import { argon2, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const argon2Async = promisify(argon2)
const scryptAsync = promisify<string, string, number, Buffer>(scrypt)

/** OWASP's second choice for argon2id: 19 MiB, two passes. New hashes use it; what is stored says its own. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 } as const
const tagLength = 32
const prefix = `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$`

const argon2Pattern =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,})\$([A-Za-z0-9+/]{22,})$/
/** The reference's: 16 random bytes as text in hexadecimal, which is itself the salt, and 64 bytes. */
const scryptPattern = /^([0-9a-f]{32}):([0-9a-f]{128})$/

/** A new hash, in the PHC string format (https://github.com/P-H-C/phc-string-format). Off the main thread. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16)
  const tag = await argon2Async('argon2id', { message: password, nonce, tagLength, ...cost })
  return `${prefix}${unpadded(nonce)}$${unpadded(tag)}`
}

/** Whether the password is the one that was hashed: by us, or by the reference with scrypt. Throws for any other format. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [, memory, passes, parallelism, nonce = '', expected = ''] = argon2Pattern.exec(stored) ?? []
  if (memory !== undefined) {
    const tag = Buffer.from(expected, 'base64')
    const actual = await argon2Async('argon2id', {
      message: password,
      nonce: Buffer.from(nonce, 'base64'),
      tagLength: tag.length,
      memory: Number(memory),
      passes: Number(passes),
      parallelism: Number(parallelism),
    })
    return timingSafeEqual(actual, tag)
  }
  const [, salt] = scryptPattern.exec(stored) ?? []
  if (salt === undefined) throw new Error('A password hash of an unknown format')
  return timingSafeEqual(Buffer.from(await scryptHash(password, salt)), Buffer.from(stored))
}

/** The password hashed as the reference does, in the form that it stores. */
export async function scryptHash(password: string, salt: string): Promise<string> {
  return `${salt}:${(await scryptAsync(password, salt, 64)).toString('hex')}`
}

/** Whether a hash is of today's kind and cost: what is stored of another is to be replaced when its password is at hand. */
export function isCurrentHash(stored: string): boolean {
  return stored.startsWith(prefix)
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '')
}
