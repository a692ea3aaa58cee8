import { gapsOf } from '@heronry/mst/gaps'
import { getValue } from '@heronry/mst/get-value'
import { loadBytes, loadLeaf } from '@heronry/mst/load-node'
import { unloadedNode } from '@heronry/mst/tree-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { create, elsewhere, type RepoHouse, repoHouse, thing } from '../test/repo-house.ts'
import { type LoadedRepo, loadGaps, loadPaths, positionKey } from './load-paths.ts'

let house: RepoHouse
beforeAll(async () => {
  house = await repoHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const keys = [`${thing}/absent`, `${thing}/r-7`, `${thing}/r-222`, 'a.a.a/first', 'z.z.z/last']

test('one query loads the ways to all keys, present or not, and nothing of another community', async () => {
  const { actor } = await grown()
  const seen = (await loadPaths(house.db, { actorId: actor.id, keys, backlinks: [] })) as LoadedRepo
  const root = unloadedNode(seen.topLayer, '', seen.data)
  while (fillable(root, seen)) {}
  expect(gapsOf(root, keys)).toEqual([])
  expect(keys.map((key) => getValue(root, key) !== null)).toEqual([false, true, true, false, false])
  expect(seen.records.every(({ path }) => !path.includes('other'))).toBe(true)
  expect(seen.records.length).toBeLessThan(100)
})

test('asking gap by gap loads the same', async () => {
  const { actor } = await grown()
  const first = (await loadGaps(house.db, { actorId: actor.id, gaps: [] })) as LoadedRepo
  const root = unloadedNode(first.topLayer, '', first.data)
  for (let gaps = gapsOf(root, keys); gaps.length > 0; gaps = gapsOf(root, keys)) {
    const exact = (await loadGaps(house.db, { actorId: actor.id, gaps })) as LoadedRepo
    expect(fillable(root, exact)).toBe(true)
  }
  expect(keys.map((key) => getValue(root, key) !== null)).toEqual([false, true, true, false, false])
})

test('a repo that is not there is not found', async () => {
  expect(await loadPaths(house.db, { actorId: 9999n as never, keys, backlinks: [] })).toBeUndefined()
})

/** Fills what can be; false where nothing could. */
function fillable(root: Parameters<typeof gapsOf>[0], seen: LoadedRepo): boolean {
  const filled = gapsOf(root, keys).filter(({ node, layer, lo, hi }) => {
    if (layer > 0) return loadBytes(node, seen.nodes.get(positionKey({ layer, lo })) ?? new Uint8Array())
    return loadLeaf(
      node,
      seen.records.filter(({ path }) => path > lo && (hi === null || path < hi)),
    )
  })
  return filled.length > 0
}

async function grown() {
  const [actor, other] = [await house.actor(), await house.actor({ communityId: elsewhere })]
  const engine = house.engine()
  for (const part of [0, 150]) {
    const writes = Array.from({ length: 150 }, (_, index) => create(`r-${part + index}`)).flat()
    await engine.apply({ actor, writes })
  }
  await engine.apply({ actor: other, writes: create('other') })
  return { actor }
}
