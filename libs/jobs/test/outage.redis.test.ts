import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { inTransaction } from '@heronry/db/in-transaction'
import { expect, test } from 'vitest'
import { handle } from '../src/handler.ts'
import { dispatchLeaseMs, runLeaseMs } from '../src/limits.ts'
import {
  addEffect,
  carry,
  doneCount,
  effects,
  jobs,
  openWorkshop,
  type TransportName,
  timePasses,
  until,
  type Workshop,
} from './workshop.ts'

test('FLUSHALL with active, queued and delayed jobs loses none and counts none twice', async () => {
  await using shop = await openWorkshop('through Redis')
  const release = Promise.withResolvers<void>()
  const started: string[] = []
  const effect = handle(carry, async ({ payload, complete }) => {
    started.push(payload.label)
    await release.promise
    await inTransaction(shop.db, { name: 'effect' }, async (tx) => {
      await addEffect(tx, payload.label)
      await complete(tx)
    })
  })
  const labels = Array.from({ length: 12 }, (_, number) => String.fromCharCode(97 + number))
  for (const label of labels) {
    const runAt = label > 'i' ? { runAt: new Date(Date.now() + 60_000) } : {}
    await shop.order(carry, { payload: { label }, ...runAt })
  }
  shop.work([effect], { concurrency: 2 })
  shop.work([effect], { concurrency: 2 })
  await until(async () => started.length === 4 && (await shop.redis?.client.dbsize()) !== 0)
  await until(async () => (await jobs(shop.db)).filter((job) => job.lease_until !== null).length > 4)
  await shop.redis?.flush()
  release.resolve()
  await timePasses(shop.db, dispatchLeaseMs)
  await until(async () => (await doneCount(shop.db)) === 9)
  await shop.redis?.flush()
  await timePasses(shop.db, 60_000)
  await until(async () => (await doneCount(shop.db)) === 12)
  expect(await effects(shop.db)).toEqual(labels)
})

test('a worker that starts without Redis, loses it and gets an empty one back goes on by itself, and stops without it', async () => {
  await using shop = await openWorkshop('through Redis', { shut: true })
  const worker = shop.work([handle(carry, async () => {})])
  await shop.order(carry, { payload: { label: 'before it came' } })
  await until(() => shop.lines.some((line) => line.includes('no jobs leased')))
  expect(await doneCount(shop.db)).toBe(0)
  shop.redis?.open()
  await until(async () => (await doneCount(shop.db)) === 1)
  shop.redis?.shut()
  await shop.order(carry, { payload: { label: 'while it is away' } })
  await shop.redis?.flush()
  shop.redis?.open()
  await until(async () => (await doneCount(shop.db)) === 2)
  shop.redis?.shut()
  const startedAt = performance.now()
  await worker.stop()
  expect(performance.now() - startedAt).toBeLessThan(4000)
})

test.each([
  ['with', false],
  ['without', true],
])('a process that works jobs ends soon after it is told to, %s a Redis', async (_, shut) => {
  await using shop = await openWorkshop('through Redis')
  const worker = spawnWorker(shop)
  await shop.order(carry, { payload: { label: 'light' } })
  await once(worker.stdout, 'data')
  if (shut) shop.redis?.shut()
  const startedAt = performance.now()
  worker.kill('SIGTERM')
  const [code] = await once(worker, 'exit')
  expect(code).toBe(0)
  // BullMQ's own watchdog keeps a process for 2 s after Redis was cut in the middle of a fetch.
  expect(performance.now() - startedAt).toBeLessThan(5000)
})

test('Redis never holds a payload', async () => {
  await using shop = await openWorkshop('through Redis')
  const release = Promise.withResolvers<void>()
  shop.work([handle(carry, () => release.promise)], { concurrency: 1 })
  for (const label of ['a secret code', 'another secret code'])
    await shop.order(carry, { payload: { label } })
  // The lease comes first, and then what Redis is told of it.
  await until(async () => {
    const held = await everythingIn(shop)
    return held.includes('o1-1') && held.includes('o2-1')
  })
  expect(await everythingIn(shop)).not.toContain('secret')
  release.resolve()
})

const transports: TransportName[] = ['through Redis', 'in this process']

test.each(transports)(
  'what a killed worker had started %s is started again when its lease ends',
  async (transport) => {
    await using shop = await openWorkshop(transport)
    const doomed = spawnWorker(shop)
    await shop.order(carry, { payload: { label: 'heavy' } })
    await once(doomed.stdout, 'data')
    doomed.kill('SIGKILL')
    await once(doomed, 'exit')
    const attempts: number[] = []
    shop.work([handle(carry, async ({ attempt }) => void attempts.push(attempt))])
    await timePasses(shop.db, dispatchLeaseMs)
    expect(attempts).toEqual([])
    await timePasses(shop.db, runLeaseMs)
    await until(async () => (await doneCount(shop.db)) === 1)
    expect(attempts).toEqual([2])
  },
)

function spawnWorker({ url, redis }: Workshop) {
  const argv = [new URL('./worker-process.ts', import.meta.url).pathname, url]
  return spawn(process.execPath, redis ? [...argv, redis.url] : argv, {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function everythingIn({ redis }: Workshop): Promise<string> {
  const client = redis?.client
  if (client === undefined) return ''
  const keys = await client.keys('*')
  const dumps = await Promise.all(keys.map((key) => client.dumpBuffer(key)))
  return keys.join(' ') + dumps.map((dump) => dump?.toString('latin1')).join(' ')
}
