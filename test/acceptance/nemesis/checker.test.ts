import { expect, test } from 'vitest'
import { type Frame, faultsIn, type History, type Seen, type ToldCommit } from './checker.ts'

const ann = 'did:plc:ann'
const ben = 'did:plc:ben'

/** Three commits of one repo and two of another, in turns, and between them a frame that tells of none. */
const truth: readonly (ToldCommit | undefined)[] = [
  commit(ann, 1),
  commit(ben, 1),
  commit(ann, 2),
  undefined,
  commit(ben, 2),
  commit(ann, 3),
]

function commit(did: string, index: number): ToldCommit {
  const at = (what: string, place: number) => `${what}-${did}-${place}`
  return {
    did,
    cid: at('commit', index),
    rev: at('rev', index),
    since: index === 1 ? null : at('rev', index - 1),
    data: at('data', index),
    prevData: index === 1 ? null : at('data', index - 1),
  }
}

function frame(seq: number): Frame {
  return { seq, digest: `digest-${seq}`, edge: `edge-${seq % 2}` }
}

const all = [1, 2, 3, 4, 5, 6]

/** Two subscribers, of whom the second got what `plant` makes of the truth. */
function seen(plant: (frames: Frame[]) => readonly Frame[], more: Partial<Seen> = {}): Seen {
  const history = (subscriber: string, frames: readonly Frame[]): History => ({
    subscriber,
    frames,
    refusals: [],
  })
  return {
    acknowledged: truth.flatMap((it) => it?.cid ?? []),
    histories: [history('first', all.map(frame)), history('second', plant(all.map(frame)))],
    commits: new Map(truth.flatMap((it, index) => (it === undefined ? [] : [[`digest-${index + 1}`, it]]))),
    ...more,
  }
}

const without = (seq: number) => (frames: Frame[]) => frames.filter((it) => it.seq !== seq)
const kinds = (what: Seen) => new Set(faultsIn(what).map(({ kind }) => kind))

test('a firehose without a fault is found to have none', () => {
  expect(faultsIn(seen((frames) => frames))).toEqual([])
})

test('a commit that nobody acknowledged may be seen', () => {
  expect(faultsIn(seen((frames) => frames, { acknowledged: [] }))).toEqual([])
})

test('a frame that one subscriber did not get is lost', () => {
  const faults = faultsIn(seen(without(4)))
  expect(faults).toEqual([{ kind: 'lost', subscriber: 'second', what: 'seq 4' }])
})

test('the last commit of a repo is lost where one subscriber did not get it', () => {
  expect(faultsIn(seen(without(6)))).toEqual([
    { kind: 'lost', subscriber: 'second', what: 'seq 6' },
    { kind: 'lost', subscriber: 'second', what: `commit-${ann}-3` },
  ])
})

test('an acknowledged commit that no subscriber got is lost to each', () => {
  const faults = faultsIn(seen((frames) => frames, { acknowledged: ['commit-of-nobody'] }))
  expect(faults).toEqual(
    ['first', 'second'].map((subscriber) => ({ kind: 'lost', subscriber, what: 'commit-of-nobody' })),
  )
})

test('a frame that comes again is one too many', () => {
  const faults = faultsIn(seen((frames) => [...frames.slice(0, 5), frame(5), frame(6)]))
  expect(faults).toContainEqual({ kind: 'reordered', subscriber: 'second', what: 'seq 5 after 5' })
  expect(faults).toContainEqual({ kind: 'doubled', subscriber: 'second', what: `commit-${ben}-2` })
})

test('a commit that has two seqs is doubled, also where every subscriber got both', () => {
  const both: Seen = seen((frames) => frames)
  const again = { ...frame(7), digest: 'digest-7' }
  const faults = faultsIn({
    ...both,
    histories: both.histories.map((it) => ({ ...it, frames: [...it.frames, again] })),
    commits: new Map([...both.commits, ['digest-7', commit(ann, 3)]]),
  })
  expect(faults).toContainEqual({ kind: 'doubled', subscriber: 'first', what: `commit-${ann}-3` })
  expect(faults).toContainEqual({ kind: 'doubled', subscriber: 'second', what: `commit-${ann}-3` })
})

test('two frames that change places are reordered, even of two repos', () => {
  const swapped = ([one, two, ...rest]: Frame[]) => [two, one, ...rest] as Frame[]
  expect(faultsIn(seen(swapped))).toEqual([
    { kind: 'reordered', subscriber: 'second', what: 'seq 1 after 2' },
  ])
})

test('a seq that has other bytes at another edge is found', () => {
  const altered = (frames: Frame[]) =>
    frames.map((it) => (it.seq === 4 ? { ...it, digest: 'other', edge: 'edge-1' } : it))
  expect(faultsIn(seen(altered))).toEqual([
    { kind: 'different bytes', subscriber: 'second', what: 'seq 4 from edge-1, unlike edge-0' },
  ])
})

test.each([
  ['since another rev', { since: `rev-${ann}-0` }],
  ['since nothing', { since: null }],
  ['of another tree', { prevData: `data-${ben}-1` }],
  ['of no later rev', { rev: `rev-${ann}-1` }],
])('a commit %s is forked', (_name, planted) => {
  const base = seen((frames) => frames)
  const commits = new Map([...base.commits, ['digest-3', { ...commit(ann, 2), ...planted }]])
  expect(kinds({ ...base, commits })).toEqual(new Set(['forked']))
})

test('commits of one repo that are numbered the wrong way round are forked, also where every subscriber agrees', () => {
  const base = seen((frames) => frames)
  const commits = new Map([...base.commits, ['digest-3', commit(ann, 3)], ['digest-6', commit(ann, 2)]])
  expect(kinds({ ...base, commits })).toEqual(new Set(['forked']))
})

test('a subscriber that was turned away is told of', () => {
  const base = seen((frames) => frames)
  const histories = base.histories.map((it) => ({ ...it, refusals: ['FutureCursor'] }))
  expect(kinds({ ...base, histories })).toEqual(new Set(['refused']))
})
