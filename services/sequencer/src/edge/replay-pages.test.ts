import type { ActorId, CommunityId, Seq } from '@heronry/core/ids'
import { eventKinds } from '@heronry/events/event'
import { expect, test } from 'vitest'
import { CommunityMessages } from './community-messages.ts'
import type { CommunityRange, MessagePage } from './read-messages.ts'
import { ReplayPages } from './replay-pages.ts'

const heron = 1 as CommunityId
const stork = 2 as CommunityId
const pageSeqs = 10
const numbered = 100
const at = (after: number, communityId = heron) => ({
  after: after as Seq,
  upto: numbered as Seq,
  communityId,
})

/** Events after `after`, ten a page, of actors by the tens of their seqs. */
function pageAfter({ after, upto, communityId }: CommunityRange): MessagePage {
  const end = Math.min(after + pageSeqs, upto) as Seq
  const events = Array.from({ length: end - after }, (_, index) => {
    const seq = (after + 1 + index) as Seq
    const actorId = BigInt(Math.floor(seq / 10)) as ActorId
    return { kind: eventKinds.identity, seqAt: 0, body: new Uint8Array(1), seq, actorId, communityId }
  })
  const messages = events.length === 0 ? undefined : CommunityMessages.of(events)
  return { messages, upto: end, gap: false, isFull: events.length === pageSeqs }
}

/** Pages that are read when they are told to be. */
function replayPages({ bytesMax = 1_000_000, readAtOnce = 2, pageBytesMin = 1 } = {}) {
  const asked: string[] = []
  const gates: (() => void)[] = []
  let held = false
  const pages = new ReplayPages({
    ...{ bytesMax, readAtOnce, pageBytesMin },
    read: async (range) => {
      asked.push(`${range.communityId} ${range.after}`)
      const page = pageAfter(range)
      if (held) await new Promise<void>((resolve) => gates.push(resolve))
      return page
    },
  })
  return {
    pages,
    asked,
    hold: () => {
      held = true
    },
    release: () => {
      held = false
      for (const open of gates.splice(0)) open()
    },
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
const bytesOf = async (pages: ReplayPages, after: number) => (await pages.get(at(after))).bytes

test('who stands within a page gets its rest, and from then on the pages of whoever came first', async () => {
  const { pages, asked } = replayPages()
  for (const after of [0, 10, 20]) await pages.get(at(after))
  expect(asked).toEqual(['1 0', '1 10', '1 20'])
  const rest = await pages.get(at(4))
  expect(rest.upto).toBe(10)
  expect(rest.bytes).toEqual(pageAfter({ ...at(4), upto: 10 as Seq }).messages?.bytes)
  expect(await bytesOf(pages, 10)).toEqual(pageAfter(at(10)).messages?.bytes)
  expect(asked).toHaveLength(3)
})

test('two that ask for the same page at once have it read once; another community has its own', async () => {
  const { pages, asked } = replayPages()
  const [one, other, ofStork] = await Promise.all([
    pages.get(at(0)),
    pages.get(at(0)),
    pages.get(at(0, stork)),
  ])
  expect([one.upto, other.upto, ofStork.upto]).toEqual([10, 10, 10])
  expect(other.bytes).toEqual(one.bytes)
  expect(asked).toEqual(['1 0', '2 0'])
})

test('a page that is not full, or has a gap, is read again', async () => {
  const { pages, asked } = replayPages()
  for (let time = 0; time < 2; time++) expect((await pages.get(at(95))).upto).toBe(100)
  expect(asked).toEqual(['1 95', '1 95'])
  const gaps = new ReplayPages({
    ...{ bytesMax: 1_000, readAtOnce: 1, pageBytesMin: 1 },
    read: async (range) => ({ ...pageAfter(range), gap: true }),
  })
  expect((await gaps.get(at(0))).gap).toBe(true)
  expect(gaps.byteCount).toBe(0)
})

test('as many bytes as it may are kept; one more, and the page that was longest unused goes', async () => {
  const bytesMax = 2 * (pageAfter(at(0)).messages?.bytes.length ?? 0) + 10
  for (const [limit, kept] of [
    [bytesMax, 2],
    [bytesMax - 11, 1],
  ] as const) {
    const { pages, asked } = replayPages({ bytesMax: limit })
    await pages.get(at(0))
    await pages.get(at(10))
    await pages.get(at(10))
    expect(asked).toHaveLength(2)
    await pages.get(at(0))
    expect(asked).toHaveLength(kept === 2 ? 2 : 3)
    expect(pages.byteCount).toBeLessThanOrEqual(limit)
  }
})

test('a small page is counted as the least', async () => {
  const { pages } = replayPages({ pageBytesMin: 500, bytesMax: 1_000 })
  for (const after of [0, 10, 20]) await pages.get(at(after))
  expect(pages.byteCount).toBe(1_000)
})

test('so many are read at once and not one more, which waits for its turn', async () => {
  const { pages, asked, hold, release } = replayPages({ readAtOnce: 2 })
  hold()
  const all = [0, 10, 20].map((after) => pages.get(at(after)))
  await turn()
  expect(asked).toEqual(['1 0', '1 10'])
  release()
  expect((await Promise.all(all)).map(({ upto }) => upto)).toEqual([10, 20, 30])
  expect(asked).toHaveLength(3)
})

test('a deletion drops the pages that speak of the actor, and no others', async () => {
  const { pages, asked } = replayPages()
  for (const after of [0, 10, 20]) await pages.get(at(after))
  await pages.get(at(10, stork))
  // Actor 1 has said 10 to 19: the last of the first page, and all but one of the second.
  pages.suppress({ communityId: heron, actorId: 1n as ActorId, seq: 101 as Seq })
  for (const after of [0, 10, 20]) await pages.get(at(after))
  await pages.get(at(10, stork))
  expect(asked.slice(4)).toEqual(['1 0', '1 10'])
})

test('what an actor says after its deletion stays', async () => {
  const { pages, asked } = replayPages()
  await pages.get(at(10))
  pages.suppress({ communityId: heron, actorId: 1n as ActorId, seq: 11 as Seq })
  await pages.get(at(10))
  expect(asked).toHaveLength(1)
})

test('a page that was being read when a deletion was heard is kept for nobody', async () => {
  const { pages, asked, hold, release } = replayPages()
  hold()
  const before = pages.get(at(10))
  await turn()
  pages.suppress({ communityId: heron, actorId: 1n as ActorId, seq: 101 as Seq })
  const after = pages.get(at(10))
  await turn()
  expect(asked).toHaveLength(2)
  release()
  await Promise.all([before, after])
  expect(pages.byteCount).toBe((await after).bytes?.length)
})

test('nothing is kept where deletions may have been missed', async () => {
  const { pages, asked } = replayPages()
  await pages.get(at(0))
  pages.clear()
  expect(pages.byteCount).toBe(0)
  await pages.get(at(0))
  expect(asked).toHaveLength(2)
})

test('a page that is read ahead is there; where that fails, who asks for it tries again', async () => {
  let broken = true
  const pages = new ReplayPages({
    ...{ bytesMax: 1_000, readAtOnce: 1, pageBytesMin: 1 },
    read: async (range) => {
      if (broken) throw new Error('Postgres is away')
      return pageAfter(range)
    },
  })
  pages.readAhead(at(0))
  await turn()
  await expect(pages.get(at(0))).rejects.toThrow('away')
  broken = false
  pages.readAhead(at(0))
  await turn()
  broken = true
  expect((await pages.get(at(0))).upto).toBe(10)
})
