import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { LRUCache } from 'lru-cache'
import { unsealedKeysMax } from './limits.ts'
import { type KeyEncryptionKey, seal, unseal } from './seal.ts'
import { didKeyOfPrivateKey, generatePrivateKey, signWith } from './secp256k1.ts'
import {
  deleteSigningKey,
  findOutermostSigningKeys,
  findSigningKey,
  insertSigningKey,
  type SealedKey,
} from './signing-key-store.ts'

/** Signs for one key, which it never shows. */
export interface Signer {
  readonly didKey: string
  /** SHA-256 of `bytes`, secp256k1, low-S: 64 bytes, compact. Synchronous, about 30 µs with the native addon. */
  sign(bytes: Uint8Array): Uint8Array
}

export interface KeyPair {
  readonly didKey: string
  readonly privateKey: Uint8Array
}

export interface SealedSecret {
  readonly sealed: Uint8Array
  readonly kekId: string
}

interface ActorSecret {
  readonly actorId: ActorId
  readonly use: string
}

export interface VaultOptions {
  db: Database
  /** The first seals; all of them unseal. */
  keyEncryptionKeys: readonly KeyEncryptionKey[]
  cacheMax?: number
}

export type Vault = ReturnType<typeof createVault>

/**
 * The actors' signing keys.
 *
 * Invariant: a private key is in the clear only in this process's memory. On disk it is sealed with AES-256-GCM for its
 * actor and its public key, so that a row copied to another actor does not open.
 */
export function createVault({ db, keyEncryptionKeys, cacheMax = unsealedKeysMax }: VaultOptions) {
  const [sealingKey] = keyEncryptionKeys
  if (sealingKey === undefined) throw new RangeError('A key-encryption key is needed')
  for (const { id, key } of keyEncryptionKeys) {
    if (key.length !== 32) throw new RangeError(`The key-encryption key ${id} has not 32 bytes`)
  }
  const keks = new Map(keyEncryptionKeys.map((kek) => [kek.id, kek]))
  const signers = new LRUCache<ActorId, Signer>({ max: cacheMax })

  return {
    generate(): KeyPair {
      const privateKey = generatePrivateKey()
      return { didKey: didKeyOfPrivateKey(privateKey), privateKey }
    },

    /** Stores an actor's key. Throws (primary key) where the actor has one. */
    async seal(tx: Transaction, key: KeyPair & { actorId: ActorId }): Promise<void> {
      const { actorId, didKey, privateKey } = key
      const sealed = seal(sealingKey, { plain: privateKey, aad: sealedFor({ actorId, didKey }) })
      await insertSigningKey(tx, { actorId, didKey, sealed, kekId: sealingKey.id })
    },

    /** For `reserved_signing_key`: a key that no actor has yet. */
    sealReserved({ didKey, privateKey }: KeyPair): SealedKey {
      const sealed = seal(sealingKey, { plain: privateKey, aad: reservedAs(didKey) })
      return { didKey, sealed, kekId: sealingKey.id }
    },

    unsealReserved({ didKey, sealed, kekId }: SealedKey): KeyPair {
      const kek = keks.get(kekId)
      if (kek === undefined)
        throw new Error(`HERONRY_KEK lacks the key-encryption key ${kekId} of a reserved key`)
      return { didKey, privateKey: unseal(kek, { sealed, aad: reservedAs(didKey) }) }
    },

    /** Something else of an actor's that nobody may read: `use` says what, and it opens for that actor and use alone. */
    sealSecret({ actorId, use, plain }: ActorSecret & { plain: Uint8Array }): SealedSecret {
      return { sealed: seal(sealingKey, { plain, aad: secretOf({ actorId, use }) }), kekId: sealingKey.id }
    },

    unsealSecret({ actorId, use, sealed, kekId }: ActorSecret & SealedSecret): Uint8Array {
      const kek = keks.get(kekId)
      if (kek === undefined) {
        throw new Error(`HERONRY_KEK lacks the key-encryption key ${kekId} of a secret of actor ${actorId}`)
      }
      return unseal(kek, { sealed, aad: secretOf({ actorId, use }) })
    },

    /** Drops the key of an actor that never was, or is no more. */
    async discard(tx: Transaction, actorId: ActorId): Promise<void> {
      signers.delete(actorId)
      await deleteSigningKey(tx, actorId)
    },

    /**
     * Throws where the oldest or the newest stored key does not open: it was sealed with a key-encryption key that is not known (the
     * oldest: one that was left out after another had taken its place), or is not the same any more.
     */
    async check(): Promise<void> {
      for (const { actorId, ...stored } of await findOutermostSigningKeys(db)) {
        signerOf({ actorId, stored, kek: keks.get(stored.kekId) })
      }
    },

    /** The actor's signer, from memory or unsealed. Throws where the actor has no key or its sealing key is not known. */
    async signer(actorId: ActorId): Promise<Signer> {
      const known = signers.get(actorId)
      if (known !== undefined) return known
      const stored = await findSigningKey(db, actorId)
      if (stored === undefined) throw new Error(`The actor ${actorId} has no signing key`)
      const signer = signerOf({ actorId, stored, kek: keks.get(stored.kekId) })
      signers.set(actorId, signer)
      return signer
    },
  }
}

/** A signer for a key that is not an actor's: the PLC rotation key, which comes from the configuration. */
export function signerOfPrivateKey(privateKey: Uint8Array): Signer {
  const didKey = didKeyOfPrivateKey(privateKey)
  return { didKey, sign: (bytes) => signWith(privateKey, bytes) }
}

interface Stored {
  actorId: ActorId
  stored: SealedKey
  kek: KeyEncryptionKey | undefined
}

function signerOf({ actorId, stored, kek }: Stored): Signer {
  if (kek === undefined) {
    throw new Error(
      `HERONRY_KEK lacks the key-encryption key ${stored.kekId}: the signing key of actor ${actorId} was sealed with it`,
    )
  }
  const aad = sealedFor({ actorId, didKey: stored.didKey })
  return signerOfPrivateKey(unseal(kek, { sealed: stored.sealed, aad }))
}

function reservedAs(didKey: string): string {
  return `reserved ${didKey}`
}

function secretOf({ actorId, use }: ActorSecret): string {
  return `${use} of ${actorId}`
}

function sealedFor({ actorId, didKey }: { actorId: ActorId; didKey: string }): string {
  return `${actorId} ${didKey}`
}
