import { availableParallelism } from 'node:os'
import { Gate } from './gate.ts'
import { passwordConcurrencyMax, passwordQueueMax } from './limits.ts'
import { hashPassword, scryptHash, verifyPassword } from './password-hash.ts'

export interface Passwords {
  /** Throws `ServiceUnavailable` where too many wait already. */
  hash(password: string): Promise<string>
  /** Without a stored hash it takes the same time and says no: whether there is an account must not be told by a clock. */
  verify(password: string, stored: string | undefined): Promise<boolean>
  /** As the reference hashes and stores it. */
  scrypt(password: string, salt: string): Promise<string>
}

export interface PasswordsOptions {
  concurrencyMax?: number
  queueMax?: number
}

/**
 * Hashing in libuv's threads, so few at a time that a flood of logins leaves threads for files and signatures, and where there is more than
 * one core, a core for everything else.
 */
export function createPasswords(options: PasswordsOptions = {}): Passwords {
  const spared = Math.max(1, availableParallelism() - 1)
  const { concurrencyMax = Math.min(passwordConcurrencyMax, spared), queueMax = passwordQueueMax } = options
  const gate = new Gate({ concurrencyMax, queueMax })
  return {
    hash: (password) => gate.pass(() => hashPassword(password)),
    verify: (password, stored) =>
      gate.pass(async () => {
        if (stored !== undefined) return await verifyPassword(password, stored)
        await hashPassword(password)
        return false
      }),
    scrypt: (password, salt) => gate.pass(() => scryptHash(password, salt)),
  }
}
