import { verifyProofs } from '@atproto/repo'
import { cidOf, type Digest } from '@heronry/core/cid'
import type { KyselyPlugin } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { create, type RepoHouse, repoHouse, thing } from '../test/repo-house.ts'
import { proofAttemptsMax } from './read-limits.ts'
import { proveRecord } from './record-proof.ts'

let house: RepoHouse
beforeAll(async () => {
  house = await repoHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

test.each([
  ['as often as the limit but once', proofAttemptsMax - 1],
  ['as often as the limit', proofAttemptsMax],
])('a proof between whose tree and record a commit comes %s', async (_, times) => {
  const actor = await house.actor()
  const engine = house.engine()
  const writes = create('proven')
  await engine.apply({ actor, writes })
  let commits = 0
  const committing: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      // The way to the record has been read: its rows are those with a layer.
      const isTree = result.rows.some((row) => row !== null && typeof row === 'object' && 'layer' in row)
      if (isTree && commits < times) await engine.apply({ actor, writes: create(`beside-${commits++}`) })
      return result
    },
  }
  const deps = { db: house.db.withPlugin(committing), logger: house.logger }
  const proof = proveRecord(deps, { actorId: actor.id, path: `${thing}/proven` })
  if (times === proofAttemptsMax) {
    await expect(proof).rejects.toMatchObject({ code: 'ServiceUnavailable' })
  } else {
    const claims = [{ collection: thing, rkey: 'proven', cid: cidOf(writes[0]?.cid as Digest) }]
    const { verified } = await verifyProofs(await proof, claims, actor.did, actor.didKey)
    expect(verified).toEqual(claims)
  }
  expect(commits).toBe(times)
})
