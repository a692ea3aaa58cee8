import { encode } from '@atproto/lex-cbor'
import type { LexMap } from '@atproto/lex-data'
import { cidOf, type Digest, sha256 } from '@heronry/core/cid'
import { systemClock } from '@heronry/core/clock'
import { recordBytesMax } from '@heronry/core/limits'
import { nextRev, type Rev, revOf } from '@heronry/core/rev'
import { encodeEntries } from '@heronry/mst/encode-node'
import { keyLayer } from '@heronry/mst/key-layer'
import { nodeKeysMax } from '@heronry/mst/limits'
import { unloadedNode } from '@heronry/mst/tree-node'
import { carBlock, carHeader, carOf } from '@heronry/testing/repo-car'
import { carBlockBytesMax, carHeaderBytesMax, revAheadMsMax } from '../src/import/limits.ts'
import { recordBlobsMax, recordDepthMax } from '../src/limits.ts'
import type { Mover } from './import-house.ts'

type Block = readonly [Digest, Uint8Array]
export type CarCase = readonly [what: string, make: (mover: Mover) => Uint8Array, told: RegExp]
export type GoodCase = readonly [what: string, make: (mover: Mover) => Uint8Array]

export const block = (bytes: Uint8Array): Block => [sha256(bytes), bytes]
const record = (value: LexMap = {}) => block(encode({ $type: 'com.example.thing', ...value }))
const some = record({ text: 'some' })

/** Keys that lie on one layer, in order, none of which the one record of the repo before has. */
function keysOn(layer: number, count: number): string[] {
  const keys: string[] = []
  for (let n = 0; keys.length < count; n++) {
    const key = `com.example.thing/k${String(n).padStart(8, '0')}`
    if (keyLayer(key) === layer) keys.push(key)
  }
  return keys
}

interface NodeOf {
  readonly keys?: readonly string[]
  readonly values?: readonly Digest[]
  readonly children?: readonly (Digest | null)[]
}

function node({
  keys = [],
  values = keys.map(() => some[0]),
  children = [null, ...keys.map(() => null)],
}: NodeOf): Block {
  const links = children.map((cid) => cid && unloadedNode(0, '', cid))
  return block(encodeEntries({ keys, values, children: links }))
}

interface CommitOf {
  readonly data: Digest
  readonly change?: Record<string, unknown>
  readonly sign?: (bytes: Uint8Array) => Uint8Array
}

function commit(mover: Mover, { data, change = {}, sign = mover.sign }: CommitOf): Block {
  const rev = nextRev(systemClock)
  const unsigned = { did: mover.did, rev, data: cidOf(data), prev: null, version: 3, ...change } as LexMap
  return block(encode({ ...unsigned, sig: sign(encode(unsigned)) }))
}

/** A CAR of the tree below the first of `blocks`. */
function treeCar(mover: Mover, blocks: readonly Block[], change: Partial<CommitOf> = {}): Buffer {
  const head = commit(mover, { data: (blocks[0] as Block)[0], ...change })
  return carOf([head[0]], [head, ...blocks])
}

/** One record whose bytes are given. */
const recordCar = (mover: Mover, bytes: Uint8Array) => {
  const value = block(bytes)
  return treeCar(mover, [node({ keys: keysOn(0, 1), values: [value[0]] }), value])
}
const good = (mover: Mover) => treeCar(mover, [node({ keys: keysOn(0, 2) }), some])

const nested = (depth: number): LexMap => (depth === 1 ? {} : { a: nested(depth - 1) })
const sized = (bytes: number) => encode({ a: 'x'.repeat(bytes - (bytes < 65_536 ? 6 : 8)) })
const blobs = (count: number) => ({
  refs: Array.from({ length: count }, (_, n) => ({
    $type: 'blob',
    ref: cidOf(sha256(Buffer.from(`blob ${n}`)), 'raw'),
    mimeType: 'image/png',
    size: 5,
  })),
})
const header = (bytes: number) => {
  const root = cidOf(some[0])
  const empty = encode({ pad: '', roots: [root], version: 1 }).length
  const padded = encode({ pad: 'x'.repeat(bytes - empty - 2), roots: [root], version: 1 })
  return Buffer.concat([Buffer.from([(bytes & 0x7f) | 0x80, bytes >> 7]), padded])
}
const aheadBy = (ms: number): Rev => revOf(BigInt(Math.trunc((Date.now() + ms) * 1000)) << 10n)
const leaf = (keys: readonly string[]) => node({ keys })
const [first, second] = keysOn(0, 2) as [string, string]
const high = keysOn(1, 3) as [string, string, string]
const below = (key: string) => keysOn(0, 4000).filter((it) => it < key)
const above = (key: string) => keysOn(0, 4000).filter((it) => it > key)

/** A chain of nodes without keys, each above the next. */
function chain(length: number): Block[] {
  const blocks: Block[] = [leaf([first])]
  while (blocks.length < length) blocks.unshift(node({ children: [(blocks[0] as Block)[0]] }))
  return [...blocks, some]
}

/** Every way in which a CAR can be wrong, and what its sender is told. */
export const badCars: readonly CarCase[] = [
  ['nothing', () => new Uint8Array(), /empty/],
  [
    'what is no CAR',
    () => Buffer.from('<html><body>502 Bad Gateway</body></html>'),
    /header of the CAR cannot be read|cut off/,
  ],
  ['cut off in a block', (m) => good(m).subarray(0, -10), /cut off/],
  ['cut off in the header', (m) => good(m).subarray(0, 20), /cut off/],
  [
    'a header past its limit',
    () => Buffer.concat([header(carHeaderBytesMax + 1)]),
    /header of the CAR has 1025 bytes/,
  ],
  ['a length that never ends', () => Buffer.alloc(20, 0xff), /length that is too long/],
  ['a section without a CID', (m) => Buffer.concat([good(m), Buffer.of(0)]), /without a CID/],
  [
    'version 2',
    () => Buffer.concat([Buffer.of(17), encode({ roots: [], version: 2 })]),
    /version 1 is expected, not 2/,
  ],
  ['no root', () => carOf([], [some]), /expected one root: the CAR has 0/],
  ['two roots', () => carOf([some[0], some[0]], [some]), /expected one root: the CAR has 2/],
  ['a root that is missing', () => carOf([sha256(Buffer.from('x'))], [some]), /no block for its root/],
  ['a root that is no commit', () => carOf([some[0]], [some]), /no commit/],
  [
    'a block past its limit',
    (m) => Buffer.concat([good(m), carBlock(...block(Buffer.alloc(carBlockBytesMax + 1)))]),
    /1048577 bytes, more than 1048576/,
  ],
  [
    'a block of another hash',
    (m) => Buffer.concat([good(m), carBlock(some[0], Buffer.from('other'))]),
    /its hash is another/,
  ],
  [
    'a block of raw bytes',
    (m) => Buffer.concat([good(m), carBlock(...some).fill(0x55, 2, 3)]),
    /CID of a kind/,
  ],
  [
    'a node that names itself',
    (m) => {
      const self = sha256(Buffer.from('self'))
      const [, body] = node({ keys: [first], children: [self, null] })
      return treeCar(m, [[self, body], some])
    },
    /its hash is another/,
  ],

  [
    'the repo of another DID',
    (m) => treeCar(m, [leaf([first]), some], { change: { did: 'did:plc:other' } }),
    /of the repo of did:plc:other, not of/,
  ],
  [
    'a commit of version 4',
    (m) => treeCar(m, [leaf([first]), some], { change: { version: 4 } }),
    /version is neither/,
  ],
  [
    'a commit without a tree',
    (m) => treeCar(m, [leaf([first]), some], { change: { data: null } }),
    /names no tree/,
  ],
  [
    'a commit without a revision',
    (m) => treeCar(m, [leaf([first]), some], { change: { rev: 7 } }),
    /no valid revision/,
  ],
  [
    'a revision of the future',
    (m) => treeCar(m, [leaf([first]), some], { change: { rev: aheadBy(revAheadMsMax + 5_000) } }),
    /revision of the future/,
  ],
  [
    'a commit that nobody of the DID has signed',
    (m) => treeCar(m, [leaf([first]), some], { sign: () => new Uint8Array(64) }),
    /not signed by a key of its DID/,
  ],
  [
    'a commit that is not canonical',
    (m) => {
      const head = block(Buffer.concat([commit(m, { data: some[0] })[1], Buffer.of(0)]))
      return carOf([head[0]], [head])
    },
    /no commit/,
  ],

  [
    'a node that is missing',
    (m) => treeCar(m, [node({ keys: [high[0]], children: [leaf([first])[0], null] }), some]),
    /The block .* is missing/,
  ],
  [
    'a record that is missing',
    (m) => treeCar(m, [node({ keys: [first], values: [sha256(Buffer.from('gone'))] })]),
    /The block .* is missing/,
  ],
  ['a root that is a record', (m) => treeCar(m, [some]), /not in its one valid form/],
  [
    'a node with bytes behind it',
    (m) => treeCar(m, [block(Buffer.concat([leaf([first])[1], Buffer.of(0)])), some]),
    /trailing bytes/,
  ],
  [
    'a key without its prefix compressed',
    (m) => treeCar(m, [uncompressed([first, second]), some]),
    /not in its one valid form/,
  ],
  ['keys out of order', (m) => treeCar(m, [leaf([second, first]), some]), /do not ascend|valid form/],
  ['a key that stands twice', (m) => treeCar(m, [leaf([first, first]), some]), /valid form/],
  [
    'a key on the wrong layer',
    (m) => treeCar(m, [node({ keys: [first, high[0]].sort() }), some]),
    /lies on layer . of the tree, not/,
  ],
  [
    'a key left of its node',
    (m) => {
      const child = leaf(below(high[0]).slice(-1))
      return treeCar(m, [node({ keys: [high[0]], children: [null, child[0]] }), child, some])
    },
    /out of order/,
  ],
  [
    'a key right of its node',
    (m) => {
      const child = leaf(above(high[0]).slice(0, 1))
      return treeCar(m, [node({ keys: [high[0]], children: [child[0], null] }), child, some])
    },
    /out of order/,
  ],
  ['a key of a space', (m) => treeCar(m, [leaf(['com.example.thing/a b']), some]), /Not a valid record path/],
  ['a key without a collection', (m) => treeCar(m, [leaf(['thing']), some]), /Not a valid record path/],
  [
    'an empty node below another',
    (m) => {
      const empty = node({})
      return treeCar(m, [node({ keys: [high[0]], children: [empty[0], null] }), empty, some])
    },
    /is empty/,
  ],
  [
    'a node below the last layer',
    (m) => {
      const child = leaf([first])
      return treeCar(m, [node({ keys: [second], children: [child[0], null] }), child, some])
    },
    /below the last/,
  ],
  ['a root above its layer', (m) => treeCar(m, chain(2)), /has no key/],
  ['a very deep tree', (m) => treeCar(m, chain(5_000)), /has no key/],
  [
    'a very deep tree below a key',
    (m) => {
      const [top, ...rest] = chain(5_000) as [Block, ...Block[]]
      return treeCar(m, [node({ keys: [high[2]], children: [top[0], null] }), top, ...rest])
    },
    /below the last/,
  ],
  [
    'a node of mined keys past the limit',
    (m) => treeCar(m, [leaf(keysOn(0, nodeKeysMax + 1)), some]),
    /has 501 keys, more than 500/,
  ],

  [
    'a record that is no object',
    (m) => recordCar(m, encode(['list'])),
    /Could not parse record at 'com.example.thing.*no object/,
  ],
  [
    'a record with a float',
    (m) => recordCar(m, Buffer.from('a16161fb3ff8000000000000', 'hex')),
    /not canonical CBOR/,
  ],
  [
    'a record with a whole number as a float',
    (m) => recordCar(m, Buffer.from('a16161fb4000000000000000', 'hex')),
    /not canonical CBOR/,
  ],
  [
    'a record whose keys are out of order',
    (m) => recordCar(m, Buffer.from('a2616201616101', 'hex')),
    /not canonical CBOR/,
  ],
  [
    'a record with a key twice',
    (m) => recordCar(m, Buffer.from('a2616101616102', 'hex')),
    /not canonical CBOR/,
  ],
  [
    'a record with a number that is too long',
    (m) => recordCar(m, Buffer.from('a161611801', 'hex')),
    /not canonical CBOR/,
  ],
  [
    'a record with text that is no UTF-8',
    (m) => recordCar(m, Buffer.from('a1616161ff', 'hex')),
    /not canonical CBOR/,
  ],
  ['a record without an end', (m) => recordCar(m, Buffer.from('bf616101ff', 'hex')), /not canonical CBOR/],
  [
    'a record with bytes behind it',
    (m) => recordCar(m, Buffer.from('a161610100', 'hex')),
    /not canonical CBOR/,
  ],
  [
    'a record of lists in lists',
    (m) =>
      recordCar(m, Buffer.concat([Buffer.from('a16161', 'hex'), Buffer.alloc(500_000, 0x81), Buffer.of(0)])),
    /not canonical CBOR|levels deep/,
  ],
  ['a record past its depth', (m) => recordCar(m, encode(nested(recordDepthMax + 1))), /more than 64 levels/],
  ['a record past its size', (m) => recordCar(m, sized(recordBytesMax + 1)), /more than 1000000 bytes/],
  ['a record past its blobs', (m) => recordCar(m, encode(blobs(recordBlobsMax + 1))), /more than 1000 blobs/],
]

/** At each limit. */
export const goodCars: readonly GoodCase[] = [
  ['two records', good],
  ['no record', (m) => treeCar(m, [node({})])],
  [
    'a block at its limit, though no record names it',
    (m) => Buffer.concat([good(m), carBlock(...block(Buffer.alloc(carBlockBytesMax)))]),
  ],
  ['a node of as many mined keys as may be', (m) => treeCar(m, [leaf(keysOn(0, nodeKeysMax)), some])],
  ['a record at its depth', (m) => recordCar(m, encode(nested(recordDepthMax)))],
  ['a record at its size', (m) => recordCar(m, sized(recordBytesMax))],
  ['a record at its blobs', (m) => recordCar(m, encode(blobs(recordBlobsMax)))],
  [
    'a revision a little ahead',
    (m) => treeCar(m, [leaf([first]), some], { change: { rev: aheadBy(revAheadMsMax - 5_000) } }),
  ],
  ['blocks that stand twice', (m) => Buffer.concat([good(m), carBlock(...some), carBlock(...some)])],
  ['blocks that nobody names', (m) => Buffer.concat([good(m), carBlock(...block(Buffer.from('stray')))])],
  [
    'a layer that has no keys',
    (m) => {
      const [key] = keysOn(2, 1) as [string]
      const [over] = keysOn(0, 4000).filter((it) => it > key)
      const low = leaf([over as string])
      const middle = node({ children: [low[0]] })
      return treeCar(m, [node({ keys: [key], children: [null, middle[0]] }), middle, low, some])
    },
  ],
]

/** As `leaf`, each key written out. */
function uncompressed(keys: readonly string[]): Block {
  const entries = keys.map((key) => ({ k: Buffer.from(key), p: 0, t: null, v: cidOf(some[0]) }))
  return block(encode({ e: entries, l: null } as unknown as LexMap))
}

/** A header at its limit, before what makes a CAR good. */
export function paddedHeader(mover: Mover): Buffer {
  const car = good(mover)
  const old = carHeader([some[0]]).length
  const root = car.subarray(0, old)
  const digest = root.subarray(root.indexOf(Buffer.of(1, 0x71, 0x12, 32)) + 4).subarray(0, 32)
  const padded = header(carHeaderBytesMax)
  padded.set(digest, padded.indexOf(Buffer.of(1, 0x71, 0x12, 32)) + 4)
  return Buffer.concat([padded, car.subarray(old)])
}

/** Many records that are one block. */
export function repeatedRecord(mover: Mover, { records, bytes }: { records: number; bytes: number }): Buffer {
  const value = block(sized(bytes))
  const keys = keysOn(0, records)
  return treeCar(mover, [node({ keys, values: keys.map(() => value[0]) }), value])
}
