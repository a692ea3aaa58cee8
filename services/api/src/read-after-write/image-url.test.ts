import type { Did } from '@heronry/core/did'
import { expect, test } from 'vitest'
import { imageUrl } from './image-url.ts'

const did = 'did:plc:heron' as Did
const cid = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'
const publicUrl = 'https://herons.test'
const settings = { name: 'herons', inviteRequired: false, links: {} }
const appView = { url: 'https://av.test', did, cdnUrlPattern: 'https://cdn.test/%s/%s/%s@jpeg' }

test('an image has its address by the pattern, or at our own getBlob', () => {
  const asked = { preset: 'avatar', did, blob: { $type: 'blob', ref: { $link: cid } } } as const
  const own = `${publicUrl}/xrpc/com.atproto.sync.getBlob?did=did%3Aplc%3Aheron&cid=${cid}`
  expect(imageUrl({ publicUrl, settings }, asked)).toBe(own)
  expect(imageUrl({ publicUrl, settings: { ...settings, appView } }, asked)).toBe(
    `https://cdn.test/avatar/${did}/${cid}@jpeg`,
  )
})

test('a reference of the oldest form has an address, too; what is none has none', () => {
  const of = (blob: unknown) => imageUrl({ publicUrl, settings }, { preset: 'banner', did, blob })
  expect(of({ cid, mimeType: 'image/png' })).toMatch(cid)
  for (const none of [undefined, null, {}, { ref: {} }, { ref: null, cid: 3 }, 'x'])
    expect(of(none)).toBe(undefined)
})
