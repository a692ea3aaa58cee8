import { randomBytes } from 'node:crypto'
import { deleteAccount } from '@heronry/accounts/delete-account'
import type { BlobObjects } from '@heronry/blobs/blob-objects'
import { uploadBlob } from '@heronry/blobs/upload-blob'
import { cidOf, type Digest } from '@heronry/core/cid'
import { systemClock } from '@heronry/core/clock'
import { parseDid } from '@heronry/core/did'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { createRepo } from '@heronry/repo/create-repo'
import { createRepoEngine } from '@heronry/repo/engine'
import { prepareWrites } from '@heronry/repo/prepare-writes'
import type { WriteRequest } from '@heronry/repo/prepared-write'
import type { Logger } from '@heronry/telemetry/logger'
import { createVault, signerOfPrivateKey, type Vault } from '@heronry/vault/vault'

interface Parts {
  readonly db: Database
  readonly api: Database
  readonly objects: BlobObjects
  readonly logger: Logger
}

/** Members with repos, who upload, write records, and leave. */
export function careMembers({ db, api, objects, logger }: Parts) {
  const vault = createVault({ db, keyEncryptionKeys: [{ id: 'test', key: randomBytes(32) }] })
  const engineOf = (own: Database) => createRepoEngine({ db: own, vault, clock: systemClock, logger })
  const engine = engineOf(db)
  return {
    member: (communityId: CommunityId) => makeMember({ db, vault }, communityId),

    async upload(
      { id: actorId, communityId }: Actor,
      bytes: Uint8Array = randomBytes(20),
      { isHeld = false, ...own }: Partial<{ db: Database; objects: BlobObjects; isHeld: boolean }> = {},
    ): Promise<Digest> {
      const owner = { actorId, communityId, quota: {} }
      const asked = { owner, body: once(bytes), declaredMime: 'image/png', bytesMax: 1_000_000, isHeld }
      return (await uploadBlob({ db: api, objects, ...own }, asked)).cid
    },

    async create(actor: Actor, { rkey, blob, db: own }: { rkey: string; blob: Digest; db?: Database }) {
      const image = { $type: 'blob', ref: cidOf(blob, 'raw'), mimeType: 'image/png', size: 1 }
      await (own ? engineOf(own) : engine).apply({
        actor,
        writes: written({ action: 'create', rkey, record: { image } }),
      })
    },

    async remove(actor: Actor, rkey: string, own?: Database) {
      await (own ? engineOf(own) : engine).apply({ actor, writes: written({ action: 'delete', rkey }) })
    },

    deleteAccount: ({ id }: Actor) => deleteAccount({ db, vault, clock: systemClock }, id),
  }
}

type Actor = Awaited<ReturnType<typeof makeMember>>

async function makeMember({ db, vault }: { db: Database; vault: Vault }, communityId: CommunityId) {
  const did = parseDid(`did:web:${randomBytes(8).toString('hex')}.test`)
  const row = await db
    .insertInto('actor')
    .values({ community_id: communityId, did })
    .returning('id')
    .executeTakeFirstOrThrow()
  const actor = { id: row.id as ActorId, communityId, did }
  const key = vault.generate()
  await inTransaction(db, { name: 'create-repo' }, async (tx) => {
    await vault.seal(tx, { ...key, actorId: actor.id })
    const signer = signerOfPrivateKey(key.privateKey)
    await createRepo(tx, { actor, signer, clock: systemClock, published: true, writable: true })
  })
  return actor
}

function written(request: { action: 'create' | 'delete'; rkey: string; record?: object }) {
  const whole = { collection: 'com.example.thing', ...request } as WriteRequest
  return prepareWrites({ writes: [whole], validate: undefined, clock: systemClock })
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}
