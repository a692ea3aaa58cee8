import type { CommunityId } from '@heronry/core/ids'
import { createLogger } from '@heronry/telemetry/logger'
import { testDatabase } from '@heronry/testing/postgres'
import { type TestRedis, testRedis } from '@heronry/testing/redis'
import { sql } from 'kysely'
import { expect, test, vi } from 'vitest'
import { openReplays, type Replays } from './replays.ts'

const logger = createLogger({ service: 'test', level: 'fatal', enabled: false })
const [here, there] = [1 as CommunityId, 2 as CommunityId]

test('a proof counts once for all processes with one Redis, and once at each community', async () => {
  await using it = await twoProcesses()
  const { first, second } = it
  await it.connected()
  expect(await first.of(here).unique('DPoP', 'a', 60_000)).toBe(true)
  expect(await second.of(here).unique('DPoP', 'a', 60_000)).toBe(false)
  expect(await second.of(there).unique('DPoP', 'a', 60_000)).toBe(true)
  expect(await second.of(here).unique('CodeChallenge', 'a', 60_000)).toBe(true)
})

test('of many processes’ tries at once one counts, in Redis and in Postgres', async () => {
  await using it = await twoProcesses()
  const race = (namespace: string) =>
    Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 ? it.first : it.second).of(here).unique(namespace, 'b', 60_000),
      ),
    )
  await it.connected()
  for (const namespace of ['DPoP', 'Auth@x']) {
    expect((await race(namespace)).filter(Boolean)).toHaveLength(1)
  }
  it.redis.shut()
  expect((await race('Auth@y')).filter(Boolean)).toHaveLength(1)
})

test('without Redis nothing fails: proofs count once for each process, the rest once for all', async () => {
  await using it = await twoProcesses({ shut: true })
  const { first, second } = it
  const tries = async (namespace: string) => [
    await first.of(here).unique(namespace, 'c', 60_000),
    await first.of(here).unique(namespace, 'c', 60_000),
    await second.of(here).unique(namespace, 'c', 60_000),
  ]
  expect(await tries('DPoP')).toEqual([true, false, true])
  expect(await tries('CodeChallenge')).toEqual([true, false, false])
})

test('what has run out may be shown again', async () => {
  await using it = await twoProcesses({ shut: true })
  const once = () => it.first.of(here).unique('JAR@x', 'd', 60_000)
  expect(await once()).toBe(true)
  await sql`UPDATE oauth_replay SET expires_at = now() - interval '1 second'`.execute(it.db)
  expect([await once(), await once()]).toEqual([true, false])
})

async function twoProcesses({ shut = false } = {}) {
  const stack = new AsyncDisposableStack()
  const { db } = stack.use(await testDatabase())
  const redis: TestRedis = stack.use(await testRedis({ shut }))
  const open = () => stack.use(openReplays({ db, redisUrl: redis.url, logger }))
  const [first, second]: [Replays, Replays] = [open(), open()]
  return {
    ...{ db, redis, first, second },
    /** Both count in Redis. */
    async connected() {
      let n = 0
      await vi.waitFor(async () => {
        await redis.client.flushdb()
        for (const it of [first, second]) await it.of(here).unique('DPoP', `try ${n++}`, 60_000)
        expect(await redis.client.dbsize()).toBe(2)
      })
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
