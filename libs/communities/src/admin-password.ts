import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Community } from './community.ts'
import { adminPasswordLengthMax, adminVerdictsMax } from './limits.ts'

const keyLength = 32
const derive = promisify<string, Buffer, number, Buffer>(scrypt)

/** `scrypt$<salt>$<key>`, base64url. */
export async function hashAdminPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, keyLength)
  return `scrypt$${salt.toString('base64url')}$${key.toString('base64url')}`
}

export async function matchesHash(password: string, hash: string): Promise<boolean> {
  const [, salt = '', expected = ''] = hash.split('$')
  const key = await derive(password, Buffer.from(salt, 'base64url'), keyLength)
  return timingSafeEqual(key, Buffer.from(expected, 'base64url'))
}

/**
 * Whether it is the community's admin password, in constant time.
 *
 * Administrators' tools send it with every request, so passwords that were right are remembered, as digests, for as long as
 * the stored hash stays the same.
 */
export async function verifyAdminPassword(community: Community, presented: string): Promise<boolean> {
  const { adminPasswordHash } = community
  if (adminPasswordHash === null || presented.length > adminPasswordLengthMax) return false
  if (isKnownAdminPassword(community, presented)) return true
  if (!(await matchesHash(presented, adminPasswordHash))) return false
  if (rightOnes.size >= adminVerdictsMax) rightOnes.clear()
  rightOnes.add(digestOf(adminPasswordHash, presented))
  return true
}

/** Whether it was found right before, by this process. */
export function isKnownAdminPassword({ adminPasswordHash }: Community, presented: string): boolean {
  return adminPasswordHash !== null && rightOnes.has(digestOf(adminPasswordHash, presented))
}

function digestOf(adminPasswordHash: string, presented: string): string {
  return createHash('sha256').update(adminPasswordHash).update('\0').update(presented).digest('hex')
}

const rightOnes = new Set<string>()
