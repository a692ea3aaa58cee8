import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** One key-encryption key. `id` is stored beside what it sealed, so that keys can be changed while the house runs. */
export interface KeyEncryptionKey {
  readonly id: string
  /** 32 bytes. */
  readonly key: Uint8Array
}

const nonceLength = 12
const tagLength = 16

/** AES-256-GCM: nonce (12 random bytes), ciphertext, tag (16). `aad` is authenticated, not stored. */
export function seal(kek: KeyEncryptionKey, { plain, aad }: { plain: Uint8Array; aad: string }): Uint8Array {
  const nonce = randomBytes(nonceLength)
  const cipher = createCipheriv('aes-256-gcm', kek.key, nonce).setAAD(Buffer.from(aad))
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Throws where the bytes, the key or the `aad` are not those of the sealing. */
export function unseal(
  kek: KeyEncryptionKey,
  { sealed, aad }: { sealed: Uint8Array; aad: string },
): Uint8Array {
  if (sealed.length < nonceLength + tagLength) throw new Error('A sealed value is expected')
  const nonce = sealed.subarray(0, nonceLength)
  const tag = sealed.subarray(sealed.length - tagLength)
  const decipher = createDecipheriv('aes-256-gcm', kek.key, nonce, { authTagLength: tagLength })
  decipher.setAAD(Buffer.from(aad)).setAuthTag(tag)
  const plain = decipher.update(sealed.subarray(nonceLength, sealed.length - tagLength))
  return new Uint8Array(Buffer.concat([plain, decipher.final()]))
}
