import { hash, randomBytes } from 'node:crypto'
import type { Did } from '@heronry/core/did'

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const pattern = /^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/

/** 80 random bits, as the reference writes them: xxxx-xxxx-xxxx-xxxx in base32. */
export function newAppPasswordSecret(): string {
  const characters = Array.from(randomBytes(16), (byte) => alphabet[byte & 31])
  return [0, 4, 8, 12].map((at) => characters.slice(at, at + 4).join('')).join('-')
}

/** Whether a password may be an app password: what is not formed like one need not be looked for. */
export function isAppPasswordSecret(password: string): boolean {
  return pattern.test(password)
}

/** What is stored of one. 80 random bits cannot be guessed at, so that it need not be slow; the DID keeps equal ones apart. */
export function hashAppPassword(did: Did, secret: string): string {
  return `sha256:${hash('sha256', `${did} ${secret}`, 'base64url')}`
}

/** The salt that the reference hashes an account's app passwords with: all with the same one, so that it finds them by their hash. */
export function referenceSalt(did: Did): string {
  return hash('sha256', did, 'hex').slice(0, 32)
}
