import { sha256 } from '@heronry/core/cid'
import { parseDid } from '@heronry/core/did'
import { revOf } from '@heronry/core/rev'
import { expect, test } from 'vitest'
import { accountEvent, commitEvent, type EventBody, identityEvent, syncEvent } from './event.ts'
import { subjectOf, subjectOfEvent, subjectSlice } from './subject.ts'

const time = new Date()
const digest = sha256(Buffer.from('x'))
const blocks = new Uint8Array(300)
const rev = revOf(5n)

// Every width that the length of a DID has in CBOR; 2048 is the longest.
const dids = [
  'did:web:a.test',
  'did:plc:ewvi7nxzyoun6zhxrhs64oiz',
  `did:web:${'a'.repeat(247)}`,
  `did:web:${'a'.repeat(248)}`,
  `did:web:${'a'.repeat(2040)}`,
].map(parseDid)

const kinds: [string, (did: (typeof dids)[number]) => EventBody][] = [
  [
    'a commit',
    (did) =>
      commitEvent({
        ...{ did, rev, blocks, time, commit: digest, since: revOf(4n), prevData: digest },
        ops: [{ action: 'create', path: 'com.example.thing/did', cid: digest }],
      }),
  ],
  ['a sync', (did) => syncEvent({ did, rev, blocks, time })],
  ['an identity', (did) => identityEvent({ did, time })],
  ['an account', (did) => accountEvent({ did, active: true, time })],
]

test.each(kinds)('%s names its subject in the slice that is read for it', (_, eventOf) => {
  for (const did of dids) {
    const event = eventOf(did)
    const at = subjectSlice.offsetOf(event)
    expect(subjectOf(event.body.subarray(at, at + subjectSlice.bytes))).toBe(did)
    expect(subjectOfEvent(event)).toBe(did)
  }
})

test('what names nobody is refused', () => {
  expect(() => subjectOf(Buffer.from('\x63rev\x61a'))).toThrow('names nobody')
  expect(() => subjectOf(Buffer.from('\x63did\x01'))).toThrow('no text')
  expect(() => subjectOf(Buffer.from('\x63did\x61a'))).toThrow('no DID')
})
