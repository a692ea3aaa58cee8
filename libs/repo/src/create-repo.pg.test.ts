import { decode } from '@atproto/lex-cbor'
import { readCarWithRoot } from '@atproto/repo'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyHistory } from '../test/history.ts'
import { elsewhere, type RepoHouse, repoHouse } from '../test/repo-house.ts'

let house: RepoHouse
beforeAll(async () => {
  house = await repoHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

test('a repo begins with a signed commit of the empty tree, announced as #commit and #sync, in each community for itself', async () => {
  const [actor, other] = [await house.actor(), await house.actor({ communityId: elsewhere })]
  for (const one of [actor, other]) expect(await verifyHistory(house.db, one)).toBe(1)
  const rows = await house.db
    .selectFrom('event')
    .selectAll()
    .where('actor_id', '=', actor.id)
    .orderBy('id')
    .execute()
  expect(rows.map(({ kind, community_id }) => [kind, community_id])).toEqual([
    [1, actor.communityId],
    [2, actor.communityId],
  ])
  const repo = await house.db
    .selectFrom('repo')
    .selectAll()
    .where('actor_id', '=', actor.id)
    .executeTakeFirstOrThrow()
  for (const { body, seq_at } of rows) {
    const message = decode(Buffer.concat([body.subarray(0, seq_at), Uint8Array.of(0), body.subarray(seq_at)]))
    const car = await readCarWithRoot((message as { blocks: Uint8Array }).blocks)
    expect(Buffer.from(car.blocks.get(car.root) as Uint8Array).equals(repo.commit)).toBe(true)
    expect(message).not.toHaveProperty('prevData')
  }
})

test('two repos never share a store', async () => {
  await Promise.all([house.actor(), house.actor({ communityId: elsewhere })])
  const rows = await house.db.selectFrom('repo').select('store_id').execute()
  expect(new Set(rows.map((row) => row.store_id)).size).toBe(rows.length)
})
