import type { Did } from '@heronry/core/did'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findActor } from './actor.ts'
import { actorStatus } from './actor-status.ts'
import { findActorsOfDid } from './find-actors-of-did.ts'
import { listActors } from './list-actors.ts'

let database: TestDatabase
let db: Database
const here = 1 as CommunityId
const there = 2 as CommunityId

beforeAll(async () => {
  database = await testDatabase()
  db = database.db
  const rows = ['carol', 'alice', 'bob'].flatMap((name, index) => [
    row({ community: here, name, seconds: Math.floor(index / 2) }),
    { ...row({ community: there, name, seconds: index }), did: `did:plc:other${name}` },
  ])
  await db.insertInto('actor').values(rows).execute()
})
afterAll(() => database[Symbol.asyncDispose]())

test('an actor is found by DID and by handle in any case, in its own community only', async () => {
  const byHandle = await findActor(db, { communityId: here, didOrHandle: 'Alice.Test' })
  expect(byHandle).toMatchObject({ did: 'did:plc:alice', handle: 'alice.test', status: 'active' })
  expect(await findActor(db, { communityId: here, didOrHandle: 'did:plc:alice' })).toEqual(byHandle)
  expect(await findActor(db, { communityId: there, didOrHandle: 'did:plc:alice' })).toBeUndefined()
})

test('actors that are asked for at once, of two communities, by DID and by handle, are each their own', async () => {
  const names = ['alice', 'bob', 'carol', 'nobody'].flatMap((name) => [
    `${name}.test`,
    `did:plc:${name}`,
    `did:plc:other${name}`,
  ])
  const keys = [here, there].flatMap((communityId) =>
    names.map((didOrHandle) => ({ communityId, didOrHandle })),
  )
  const together = await Promise.all(keys.map((key) => findActor(db, key)))
  for (const [at, key] of keys.entries()) expect(together[at]).toEqual(await findActor(db, key))
  expect(together.filter((actor) => actor !== undefined)).toHaveLength(12)
})

test.each([
  '',
  'alice',
  'nobody.test',
  'did:',
  `${'a'.repeat(1_000_000)}.test`,
  'alice\u0000.test',
  '😀.test',
])('what names nobody finds nobody (%#)', async (didOrHandle) => {
  expect(await findActor(db, { communityId: here, didOrHandle })).toBeUndefined()
})

test('pages of one actor each list a community in order of creation, then DID, without the other community', async () => {
  const seen: string[] = []
  for (let after: string | undefined; ; ) {
    const page = await listActors(db, { communityId: here, after, limit: 1 })
    seen.push(...page.actors.map(({ did }) => did))
    if (page.cursor === undefined) break
    after = page.cursor
  }
  expect(seen).toEqual(['did:plc:alice', 'did:plc:carol', 'did:plc:bob'])
})

test.each(['', 'x', '1', '1::', '99999999999999999::did:plc:a', '253402300800000::did:plc:a', '1::\u0000'])(
  'a cursor that was never given is refused: %j',
  async (after) => {
    await expect(listActors(db, { communityId: here, after, limit: 1 })).rejects.toThrow('Malformed cursor')
  },
)

test('a suspension that has run out is over for each actor of a page and of a DID, before its job has said so', async () => {
  const [past, ahead] = [new Date(Date.now() - 1000), new Date(Date.now() + 60_000)]
  const suspended = (suspended_until: Date | null) =>
    db.updateTable('actor').set({ suspended_until }).execute()
  const statuses = async () => {
    const page = await listActors(db, { communityId: here, limit: 10 })
    const named = await findActorsOfDid(db, 'did:plc:alice' as Did)
    return new Set([...page.actors, ...named].map(({ status }) => status))
  }
  await suspended(past)
  expect(await statuses()).toEqual(new Set(['active']))
  await suspended(ahead)
  expect(await statuses()).toEqual(new Set(['suspended']))
  await suspended(null)
})

test('the gravest state of an actor is its status, and a suspension ends by itself', () => {
  const date = new Date(1000)
  const none = { takedown_ref: null, suspended_until: null, deactivated_at: null }
  expect(actorStatus(none)).toBe('active')
  expect(actorStatus({ ...none, deactivated_at: date })).toBe('deactivated')
  expect(actorStatus({ ...none, deactivated_at: date, suspended_until: date }, 999)).toBe('suspended')
  expect(actorStatus({ ...none, deactivated_at: date, suspended_until: date }, 1000)).toBe('deactivated')
  expect(actorStatus({ takedown_ref: 'r', deactivated_at: date, suspended_until: date }, 999)).toBe(
    'takendown',
  )
})

function row({ community, name, seconds }: { community: CommunityId; name: string; seconds: number }) {
  return {
    community_id: community,
    did: `did:plc:${name}`,
    handle: `${name}.test`,
    created_at: new Date(1_700_000_000_000 + seconds * 1000),
  }
}
