import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { expect, test, vi } from 'vitest'
import { archiveHouse, never } from './archive-house.ts'
import { diskStore } from './archive-stores.ts'
import { heron } from './edge-house.ts'

const communityCount = 1_000
const busyCount = 2_000

/** Each of them said one thing, long ago; one other has been busy ever since, which lies in the archive and in Postgres. */
test('1,000 quiet communities reconnect at once without a replay', async () => {
  await using store = await diskStore()
  await using house = await archiveHouse()
  const quiet = Array.from({ length: communityCount }, (_, index) => (index + 1_000) as CommunityId)
  await sql`
    INSERT INTO event (actor_id, community_id, kind, seq_at, body)
    SELECT id, id, 3, 0, '\\xa0' FROM unnest(${quiet}::int[]) AS c (id)`.execute(house.db)
  await house.numbered(communityCount)
  await house.append(heron, busyCount / 2, { bytes: 2_000 })
  await house.numbered(communityCount + busyCount / 2)
  await house.age({ upto: communityCount + busyCount / 2, hours: 30 })
  await house.archiver(store.objects).turn(never)
  await house.append(heron, busyCount / 2, { bytes: 2_000 })
  await house.numbered(communityCount + busyCount)

  const pages = { read: 0 }
  await using edge = await house.another({
    role: 'edge',
    db: countingPages(house.db, pages),
    archive: store.objects,
  })
  const consumers = await Promise.all(quiet.map((id) => edge.subscribe(id, communityCount)))
  await vi.waitUntil(() => edge.context.edge.subscriberCount === communityCount, {
    timeout: 20_000,
    interval: 5,
  })
  expect(pages.read).toBe(0)
  expect(consumers.flatMap(({ heard }) => heard)).toEqual([])
  // They are live: what one of them says reaches it, and nobody else.
  const speaker = quiet[500] as CommunityId
  await house.append(speaker, 1)
  expect((await consumers[500]?.hears(1))?.map(({ seq }) => seq)).toEqual([communityCount + busyCount + 1])
  expect(consumers.flatMap(({ heard }) => heard)).toHaveLength(1)
  // The busy one has missed something, and gets it.
  const busy = await edge.subscribe(heron, communityCount)
  await busy.hears(busyCount)
  expect(busy.seqs().slice(0, 2)).toEqual([communityCount + 1, communityCount + 2])
  expect(pages.read).toBeGreaterThan(0)
  for (const { socket } of consumers) socket.terminate()
})

/** The database as a replay asks it for pages: each begins with a look at the archive's index. */
function countingPages(db: Database, pages: { read: number }): Database {
  return db.withPlugin({
    transformQuery({ node }) {
      if (node.kind === 'RawNode' && node.sqlFragments.join().includes('event_segment_community'))
        pages.read += 1
      return node
    },
    transformResult: async ({ result }) => result,
  })
}
