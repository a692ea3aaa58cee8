import { decode } from '@atproto/lex-cbor'
import { Frame, MessageFrame } from '@atproto/xrpc-server'
import { cidOf, sha256 } from '@heronry/core/cid'
import { parseDid } from '@heronry/core/did'
import { parseHandle } from '@heronry/core/handle'
import type { Seq } from '@heronry/core/ids'
import { commitBlocksBytesMax, commitOpsMax } from '@heronry/core/limits'
import { revOf } from '@heronry/core/rev'
import { expect, test } from 'vitest'
import {
  accountEvent,
  type CommitOp,
  commitEvent,
  type EventBody,
  identityEvent,
  syncEvent,
} from './event.ts'
import { eventFrame } from './frame.ts'
import { syncBlocksBytesMax } from './limits.ts'

const did = parseDid('did:plc:ewvi7nxzyoun6zhxrhs64oiz')
const handle = parseHandle('heron.test')
const time = new Date('2026-11-21T11:30:00.123Z')
const digest = (text: string) => sha256(Buffer.from(text))
const blocks = Uint8Array.from({ length: 300 }, (_, index) => index)
const rev = revOf(5n)
const ops: CommitOp[] = [
  { action: 'create', path: 'app.bsky.feed.post/a', cid: digest('a') },
  { action: 'update', path: 'app.bsky.feed.post/b', cid: digest('b'), prev: digest('b0') },
  { action: 'delete', path: 'app.bsky.feed.post/c', cid: null, prev: digest('c0') },
]
const lexOps = [
  { action: 'create', path: 'app.bsky.feed.post/a', cid: cidOf(digest('a')) },
  { action: 'update', path: 'app.bsky.feed.post/b', cid: cidOf(digest('b')), prev: cidOf(digest('b0')) },
  { action: 'delete', path: 'app.bsky.feed.post/c', cid: null, prev: cidOf(digest('c0')) },
]
const commit = {
  did,
  commit: digest('commit'),
  rev,
  since: revOf(4n),
  prevData: digest('data'),
  ops,
  blocks,
  time,
}
const genesis = { ...commit, since: null, prevData: null, ops: [] }
const flags = { blobs: [], rebase: false, tooBig: false, time: time.toISOString() }
const lexCommit = { ...flags, repo: did, commit: cidOf(digest('commit')), rev, blocks }
const stamp = { did, time: time.toISOString() }

// Each event beside the message the reference server would encode.
const messages: [title: string, event: EventBody, type: string, message: object][] = [
  [
    'a commit',
    commitEvent(commit),
    '#commit',
    { ...lexCommit, since: revOf(4n), prevData: cidOf(digest('data')), ops: lexOps },
  ],
  [
    'a genesis commit, whose prevData is absent',
    commitEvent(genesis),
    '#commit',
    { ...lexCommit, since: null, ops: [] },
  ],
  ['a sync', syncEvent({ did, rev, blocks, time }), '#sync', { ...stamp, rev, blocks }],
  ['an identity', identityEvent({ did, handle, time }), '#identity', { ...stamp, handle }],
  ['an identity without a handle', identityEvent({ did, time }), '#identity', stamp],
  ['an active account', accountEvent({ did, active: true, time }), '#account', { ...stamp, active: true }],
  [
    'an account that is gone',
    accountEvent({ did, active: false, status: 'deleted', time }),
    '#account',
    { ...stamp, active: false, status: 'deleted' },
  ],
]

// Every width that DRISL has for an unsigned integer.
const seqs = [1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER] as Seq[]

test.each(messages)(
  '%s has the bytes of the reference, at every width of seq',
  (_title, event, type, message) => {
    for (const seq of seqs) {
      const reference = new MessageFrame({ ...message, seq }, { type })
      expect(eventFrame({ ...event, seq })).toEqual(Buffer.from(reference.toBytes()))
    }
  },
)

test.each(messages)('%s is decoded by the reference', (_title, event, type, message) => {
  const frame = Frame.fromBytes(eventFrame({ ...event, seq: 70_000 as Seq }))
  expect(frame.header).toEqual({ op: 1, t: type })
  expect(frame.body).toEqual({ ...message, seq: 70_000 })
})

test('a body without its seq is no message yet', () => {
  expect(() => decode(accountEvent({ did, active: true, time }).body)).toThrow()
})

test('a commit takes 2,000,000 bytes of blocks and not one more', () => {
  const atLimit = commitEvent({ ...commit, blocks: new Uint8Array(commitBlocksBytesMax) })
  expect(eventFrame({ ...atLimit, seq: Number.MAX_SAFE_INTEGER as Seq }).length).toBeGreaterThan(2_000_000)
  expect(() => commitEvent({ ...commit, blocks: new Uint8Array(commitBlocksBytesMax + 1) })).toThrow(
    expect.objectContaining({ code: 'InvalidRequest', message: 'Too many writes. Max event size: 2MB' }),
  )
})

test('a commit takes 200 ops and not one more', () => {
  const op: CommitOp = { action: 'create', path: 'app.bsky.feed.post/a', cid: digest('a') }
  expect(commitEvent({ ...commit, ops: Array(commitOpsMax).fill(op) }).kind).toBe(1)
  expect(() => commitEvent({ ...commit, ops: Array(commitOpsMax + 1).fill(op) })).toThrow(
    expect.objectContaining({ code: 'InvalidRequest' }),
  )
})

test('a sync takes a commit block and not a tree', () => {
  expect(syncEvent({ did, rev, blocks: new Uint8Array(syncBlocksBytesMax), time }).kind).toBe(2)
  expect(() => syncEvent({ did, rev, blocks: new Uint8Array(syncBlocksBytesMax + 1), time })).toThrow()
})

test('an active account has no status', () => {
  expect(() => accountEvent({ did, active: true, status: 'deactivated', time })).toThrow()
})
