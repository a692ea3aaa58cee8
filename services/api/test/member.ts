import type { AccessScope, TokenIssuer } from '@heronry/accounts/tokens'
import type { Community } from '@heronry/communities/community'
import { systemClock } from '@heronry/core/clock'
import { type Did, parseDid } from '@heronry/core/did'
import { parseHandle } from '@heronry/core/handle'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { storeDocument } from '@heronry/identity/did-cache'
import { createRepo } from '@heronry/repo/create-repo'
import { signerOfPrivateKey, type Vault } from '@heronry/vault/vault'

export interface Member {
  id: ActorId
  community: Community
  did: Did
  handle: string
  didKey: string
  /** The Authorization header of a session. */
  session: { authorization: string }
}

export interface MemberOptions {
  /** At most 24 characters of base32: the DID is made of it. */
  name: string
  community: Community
  published?: boolean
  /** Whether the DID document is known. */
  resolves?: boolean
  scope?: AccessScope
  /** The session is of an app password that is narrowed to these. */
  permissions?: string[]
}

/** An actor with an empty repo and a session, as createAccount leaves it, without the directory. */
export async function createMember(
  { db, vault, tokens }: { db: Database; vault: Vault; tokens: TokenIssuer },
  { name, community, published = true, resolves = true, permissions, ...options }: MemberOptions,
): Promise<Member> {
  const did = parseDid(`did:plc:${name.padEnd(24, 'a')}`)
  const handle = parseHandle(`${name}.${community.hostname}`)
  const key = vault.generate()
  const signer = signerOfPrivateKey(key.privateKey)
  const id = await inTransaction(db, { name: 'member' }, async (tx) => {
    const row = { community_id: community.id, did, handle }
    const { id } = await tx.insertInto('actor').values(row).returning('id').executeTakeFirstOrThrow()
    const actor = { id: id as ActorId, communityId: community.id, did }
    await vault.seal(tx, { ...key, actorId: actor.id })
    await createRepo(tx, { actor, signer, clock: systemClock, published, writable: true })
    return actor.id
  })
  const document = { id: did, alsoKnownAs: [`at://${handle}`] }
  if (resolves) await storeDocument(db, { document, fetchedAt: new Date() })
  const appPasswordId = permissions && (await insertAppPassword(db, { id, permissions }))
  const { scope = permissions ? 'com.atproto.appPass' : 'com.atproto.access' } = options
  const grant = { audience: community.serviceDid, did, scope, sessionId: name, appPasswordId }
  const { accessJwt } = await tokens.issue(grant)
  return { id, community, did, handle, didKey: key.didKey, session: { authorization: `Bearer ${accessJwt}` } }
}

/** The Authorization header of another session of a member's: of an app password that is narrowed to these. */
export async function appSession(
  { db, tokens }: { db: Database; tokens: TokenIssuer },
  { id, did, community }: Member,
  permissions: string[],
) {
  const appPasswordId = await insertAppPassword(db, { id, permissions })
  const scope = 'com.atproto.appPass'
  const grant = { audience: community.serviceDid, did, scope, sessionId: did, appPasswordId } as const
  return { authorization: `Bearer ${(await tokens.issue(grant)).accessJwt}` }
}

async function insertAppPassword(
  db: Database,
  { id, permissions }: { id: ActorId; permissions: string[] },
): Promise<bigint> {
  const row = {
    actor_id: id,
    name: `app ${permissions.join(' ')}`,
    hash: 'sha256:',
    privileged: false,
    permissions,
  }
  const made = await db.insertInto('app_password').values(row).returning('id').executeTakeFirstOrThrow()
  return made.id
}
