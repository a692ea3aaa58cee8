import { parseDid } from '@heronry/core/did'
import type { ActorId, CommunityId, Seq } from '@heronry/core/ids'
import { expect, test } from 'vitest'
import { type Chunk, decodeChunk, encodeChunk } from './chunk.ts'
import { accountEvent, type EventBody, identityEvent } from './event.ts'

const did = parseDid('did:plc:heronheronheronheronhero')
const time = new Date(0)

function chunkOf(events: readonly EventBody[]): Chunk {
  return {
    after: 7 as Seq,
    upto: (2 ** 53 - 1) as Seq,
    stampedAt: 1_700_000_000_000,
    events: events.map((event, index) => ({
      ...event,
      seq: (2 ** 53 - 3 + index) as Seq,
      communityId: (2 ** 31 - 1) as CommunityId,
      actorId: (2n ** 62n) as ActorId,
    })),
  }
}

test('a chunk is read as it was written, the largest numbers and an empty body included', () => {
  const events = [
    identityEvent({ did, time }),
    { ...accountEvent({ did, active: true, time }), body: new Uint8Array() },
    accountEvent({ did, active: false, status: 'deleted', time }),
  ]
  const { events: read, ...range } = decodeChunk(encodeChunk(chunkOf(events))) ?? chunkOf([])
  const { events: written, ...expected } = chunkOf(events)
  expect(range).toEqual(expected)
  expect(read.map((event) => ({ ...event, body: new Uint8Array(event.body) }))).toEqual(written)
})

test('a chunk may say how far numbering is, and nothing else', () => {
  expect(decodeChunk(encodeChunk(chunkOf([])))).toEqual(chunkOf([]))
})

test('a chunk of another version is nobody’s fault; one that is cut anywhere within an event is an error', () => {
  const bytes = encodeChunk(chunkOf([identityEvent({ did, time })]))
  const head = encodeChunk(chunkOf([])).length
  expect(decodeChunk(Buffer.concat([Buffer.of(2), bytes.subarray(1)]))).toBeUndefined()
  for (let length = head + 1; length < bytes.length; length++) {
    expect(() => decodeChunk(bytes.subarray(0, length))).toThrow('A chunk that ends within an event')
  }
})
