import { expect, test } from 'vitest'
import { cidOf, cidString, digestOf, digestsEqual, isDigestOf, parseDigest, sha256 } from './cid.ts'

test('a digest comes back from the text of its CID, for records and for blobs', () => {
  const digest = sha256(new TextEncoder().encode('a heron'))
  expect(digestsEqual(parseDigest(cidString(digest)), digest)).toBe(true)
  expect(digestsEqual(parseDigest(cidString(digest, 'raw'), 'raw'), digest)).toBe(true)
})

test('a CID of another codec names nothing here', () => {
  const digest = sha256(new Uint8Array())
  expect(digestOf(cidOf(digest, 'raw'))).toBeNull()
  expect(() => parseDigest(cidString(digest, 'raw'))).toThrow(/dag-cbor/)
  expect(() => parseDigest('bafynonsense')).toThrow(/CID is expected/)
})

test('digests are compared by their bytes', () => {
  expect(digestsEqual(sha256(Uint8Array.of(1)), sha256(Uint8Array.of(1)))).toBe(true)
  expect(digestsEqual(sha256(Uint8Array.of(1)), sha256(Uint8Array.of(2)))).toBe(false)
})

test('a digest is compared with what it is of, wherever it stands', () => {
  const hashed = Uint8Array.of(1, 2, 3)
  const bytes = new Uint8Array(50)
  bytes.set(sha256(hashed), 7)
  expect(isDigestOf(hashed, { bytes, at: 7 })).toBe(true)
  expect(isDigestOf(hashed, { bytes, at: 8 })).toBe(false)
  expect(isDigestOf(hashed.subarray(1), { bytes, at: 7 })).toBe(false)
  for (let index = 7; index < 39; index++) {
    const changed = bytes.with(index, (bytes[index] as number) ^ 1)
    expect(isDigestOf(hashed, { bytes: changed, at: 7 })).toBe(false)
  }
})
