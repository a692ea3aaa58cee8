import { randomBytes } from 'node:crypto'
import { sha256 } from '@heronry/core/cid'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { passkeyChallengeTtlMs } from './limits.ts'

/** What an authenticator's answer is for, by the number that is stored. */
export const passkeyPurposes = { register: 1, signIn: 2, confirm: 3 } as const

export interface ChallengeSlot {
  readonly communityId: CommunityId
  /** Null: whoever signs in. */
  readonly actorId: ActorId | null
  readonly purpose: (typeof passkeyPurposes)[keyof typeof passkeyPurposes]
  readonly now: Date
}

/** 32 random bytes, base64url, good once and for a few minutes. Only their hash is stored. */
export async function issuePasskeyChallenge(
  db: Database,
  { communityId, actorId, purpose, now }: ChallengeSlot,
): Promise<string> {
  const challenge = randomBytes(32).toString('base64url')
  await db
    .insertInto('passkey_challenge')
    .values({
      hash: hashOf(challenge),
      community_id: communityId,
      actor_id: actorId,
      purpose,
      expires_at: new Date(now.getTime() + passkeyChallengeTtlMs),
    })
    .execute()
  return challenge
}

/** Of two that answer a challenge at once, the second finds it gone. An answer that turns out wrong has spent it, too. */
export async function spendPasskeyChallenge(
  db: Database,
  { communityId, actorId, purpose, now, challenge }: ChallengeSlot & { readonly challenge: string },
): Promise<boolean> {
  const spent = await db
    .deleteFrom('passkey_challenge')
    .where('hash', '=', Buffer.from(hashOf(challenge)))
    .where('community_id', '=', communityId)
    .where('actor_id', actorId === null ? 'is' : '=', actorId)
    .where('purpose', '=', purpose)
    .returning('expires_at')
    .executeTakeFirst()
  return spent !== undefined && spent.expires_at > now
}

/** What was asked of an account's owner, who might not have been him. */
export async function deletePasskeyChallenges(tx: Transaction, actorId: ActorId): Promise<void> {
  await tx.deleteFrom('passkey_challenge').where('actor_id', '=', actorId).execute()
}

function hashOf(challenge: string): Uint8Array {
  return sha256(Buffer.from(challenge))
}
