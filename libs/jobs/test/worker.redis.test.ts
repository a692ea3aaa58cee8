import { inTransaction } from '@heronry/db/in-transaction'
import { describe, expect, test } from 'vitest'
import { enqueue } from '../src/enqueue.ts'
import { handle } from '../src/handler.ts'
import { dispatchLeaseMs, pollEveryMs, runLeaseMs } from '../src/limits.ts'
import { PermanentFailure } from '../src/permanent-failure.ts'
import {
  addEffect,
  carry,
  doneCount,
  effects,
  jobs,
  lift,
  openWorkshop,
  type TransportName,
  timePasses,
  until,
} from './workshop.ts'

const transports: TransportName[] = ['through Redis', 'in this process']

describe.each(transports)('a worker %s', (transport) => {
  test('runs a committed job with its payload, blanks it afterwards, and knows nothing of one rolled back', async () => {
    await using shop = await openWorkshop(transport)
    const seen: unknown[] = []
    shop.work([handle(carry, async ({ payload, attempt }) => void seen.push({ payload, attempt }))])
    const undone = inTransaction(shop.db, { name: 'undone' }, async (tx) => {
      await enqueue(tx, carry, { payload: { label: 'undone' } })
      throw new Error('rolled back')
    })
    await expect(undone).rejects.toThrow('rolled back')
    await shop.order(carry, { payload: { label: 'a secret code' } })
    await until(async () => (await doneCount(shop.db)) === 1)
    expect(seen).toEqual([{ payload: { label: 'a secret code' }, attempt: 1 }])
    expect(await jobs(shop.db)).toMatchObject([
      { payload: null, attempts: 1, error: null, lease_until: null },
    ])
    expect(shop.lines.join('')).toContain('job done')
    expect(shop.lines.join('')).not.toContain('a secret code')
  })

  test('leaves the jobs of another queue, and of a kind it does not know, to others', async () => {
    await using shop = await openWorkshop(transport)
    const seen: string[] = []
    await shop.order(lift, { payload: { label: 'another queue' } })
    await shop.order({ ...carry, name: 'newer' }, { payload: { label: 'newer kind' } })
    await shop.order(carry, { payload: { label: 'mine' } })
    shop.work([handle(carry, async ({ payload }) => void seen.push(payload.label))])
    await until(async () => (await doneCount(shop.db)) === 1)
    expect(seen).toEqual(['mine'])
    expect((await jobs(shop.db)).map((job) => [job.name, job.attempts])).toEqual([
      ['lift', 0],
      ['newer', 0],
      ['carry', 1],
    ])
  })

  test('keeps at most one open job of a key in a queue, and takes the key again once it is done', async () => {
    await using shop = await openWorkshop(transport)
    await shop.order(carry, { payload: { label: 'first' }, key: 'k' })
    await shop.order(carry, { payload: { label: 'second' }, key: 'k' })
    await shop.order(lift, { payload: { label: 'elsewhere' }, key: 'k' })
    expect((await jobs(shop.db)).map((job) => job.payload)).toEqual([
      { label: 'first' },
      { label: 'elsewhere' },
    ])
    shop.work([handle(carry, async () => {})])
    await until(async () => (await doneCount(shop.db)) === 1)
    await shop.order(carry, { payload: { label: 'third' }, key: 'k' })
    await until(async () => (await doneCount(shop.db)) === 2)
  })

  test('starts no job before its time, and of those due the greatest priority first', async () => {
    await using shop = await openWorkshop(transport)
    const seen: string[] = []
    const inAnHour = new Date(Date.now() + 3_600_000)
    await shop.order(carry, { payload: { label: 'later' }, runAt: inAnHour, priority: 9 })
    await shop.order(carry, { payload: { label: 'low' } })
    await shop.order(carry, { payload: { label: 'high' }, priority: 5 })
    shop.work([handle(carry, async ({ payload }) => void seen.push(payload.label))], { concurrency: 1 })
    await until(() => seen.length === 2)
    expect(seen).toEqual(['high', 'low'])
    await timePasses(shop.db, 3_600_000)
    await until(() => seen.length === 3)
  })

  test('tries a failed job again after a while; after its last attempt it is dead, and says why without its payload', async () => {
    await using shop = await openWorkshop(transport)
    const fail = async ({ payload }: { payload: { label: string } }) => {
      throw new Error(`refused for ${payload.label}`)
    }
    shop.work([handle(carry, fail, { retryDelaysMs: [60_000] })])
    await shop.order(carry, { payload: { label: 'bob@example.com' } })
    await until(async () => (await jobs(shop.db))[0]?.error != null)
    const [waiting] = await jobs(shop.db)
    expect(waiting).toMatchObject({ attempts: 1, dead_at: null, error: 'Error: refused for […]' })
    const waitMs = (waiting?.run_at.getTime() ?? 0) - Date.now()
    expect(waitMs).toBeGreaterThan(40_000)
    expect(waitMs).toBeLessThanOrEqual(72_000)
    await timePasses(shop.db, 80_000)
    await until(async () => (await jobs(shop.db))[0]?.dead_at != null)
    expect(await jobs(shop.db)).toMatchObject([
      { attempts: 2, done_at: null, payload: { label: 'bob@example.com' } },
    ])
    expect(shop.lines.join('')).not.toContain('bob@example.com')
  })

  test('buries at once what no attempt could do: a refusal for good, and a payload nobody can read', async () => {
    await using shop = await openWorkshop(transport)
    const seen: string[] = []
    const refuse = handle(carry, async ({ payload }) => {
      seen.push(payload.label)
      throw new PermanentFailure('never')
    })
    shop.work([refuse])
    await shop.order(carry, { payload: { label: 'refused' } })
    await shop.order({ ...carry, parse: () => ({}) }, { payload: { wrong: 'poison' } as never })
    await until(async () => (await jobs(shop.db)).every((job) => job.dead_at !== null))
    expect(seen).toEqual(['refused'])
    expect((await jobs(shop.db)).map((job) => job.error)).toEqual([
      'PermanentFailure: never',
      'TypeError: No label in {"wrong":"[…]"}',
    ])
  })

  test('commits a job and its effect together, or neither', async () => {
    await using shop = await openWorkshop(transport)
    const starts: number[] = []
    const once = handle(
      carry,
      async ({ payload, attempt, complete }) => {
        starts.push(attempt)
        await inTransaction(shop.db, { name: 'effect' }, async (tx) => {
          await addEffect(tx, payload.label)
          await complete(tx)
          if (attempt === 1) throw new Error('the transaction fails')
        })
      },
      { retryDelaysMs: [0] },
    )
    shop.work([once])
    await shop.order(carry, { payload: { label: 'once' } })
    await until(async () => (await doneCount(shop.db)) === 1)
    expect(starts).toEqual([1, 2])
    expect(await effects(shop.db)).toEqual(['once'])
  })

  test('beside another one starts every attempt once', async () => {
    await using shop = await openWorkshop(transport)
    const starts: string[] = []
    const note = handle(
      carry,
      async ({ id, attempt }) => {
        starts.push(`${id}-${attempt}`)
        if (attempt === 1 && Number(id) % 5 === 0) throw new Error('again')
      },
      { retryDelaysMs: [0] },
    )
    await inTransaction(shop.db, { name: 'many' }, async (tx) => {
      for (let number = 0; number < 100; number++) {
        await enqueue(tx, carry, { payload: { label: String(number) } })
      }
    })
    for (let worker = 0; worker < 3; worker++) shop.work([note], { concurrency: 4 })
    await until(async () => (await doneCount(shop.db)) === 100)
    expect(starts).toHaveLength(120)
    expect(new Set(starts).size).toBe(120)
  })

  test('that lost its lease can no longer end the job', async () => {
    await using shop = await openWorkshop(transport)
    const paused = Promise.withResolvers<void>()
    const outcomes: string[] = []
    const effect = handle(carry, async ({ attempt, complete }) => {
      if (attempt === 1) await paused.promise
      const ended = inTransaction(shop.db, { name: 'effect' }, async (tx) => {
        await complete(tx)
        await addEffect(tx, `by attempt ${attempt}`)
      })
      await ended.catch((error: Error) => outcomes.push(error.message))
      outcomes.push(`attempt ${attempt} ended`)
    })
    shop.work([effect])
    await shop.order(carry, { payload: { label: 'slow' } })
    await until(async () => (await jobs(shop.db))[0]?.attempts === 1)
    await timePasses(shop.db, runLeaseMs)
    await until(() => outcomes.length === 1)
    paused.resolve()
    await until(() => outcomes.length === 3)
    expect(outcomes).toEqual([
      'attempt 2 ended',
      'The job was taken over by a later attempt',
      'attempt 1 ended',
    ])
    expect(await effects(shop.db)).toEqual(['by attempt 2'])
  })

  test('gives up an attempt that takes too long, and aborts it', async () => {
    await using shop = await openWorkshop(transport)
    const aborted: number[] = []
    const hang = handle(
      carry,
      ({ attempt, signal }) => {
        signal.addEventListener('abort', () => aborted.push(attempt))
        return attempt === 1 ? new Promise(() => {}) : Promise.resolve()
      },
      { timeoutMs: 50, retryDelaysMs: [0] },
    )
    shop.work([hang])
    await shop.order(carry, { payload: { label: 'hangs' } })
    await until(async () => (await doneCount(shop.db)) === 1)
    expect(aborted[0]).toBe(1)
    expect((await jobs(shop.db))[0]?.attempts).toBe(2)
  })

  test('keeps exactly one row ahead of a recurring job', async () => {
    await using shop = await openWorkshop(transport)
    const recurring = handle({ ...carry, parse: () => ({ label: '' }) }, async () => {}, { everyMs: 60_000 })
    const first = shop.work([recurring])
    shop.work([recurring])
    await until(async () => (await doneCount(shop.db)) === 1)
    await first.stop()
    const open = (await jobs(shop.db)).filter((job) => job.done_at === null)
    expect(open).toHaveLength(1)
    expect(open[0]?.run_at.getTime()).toBeGreaterThan(Date.now() + 50_000)
  })

  test('lets its handlers finish when it stops, and starts nothing more', async () => {
    await using shop = await openWorkshop(transport)
    const release = Promise.withResolvers<void>()
    const seen: string[] = []
    const slow = handle(carry, async ({ payload }) => {
      seen.push(payload.label)
      await release.promise
    })
    const worker = shop.work([slow], { concurrency: 1 })
    await shop.order(carry, { payload: { label: 'active' }, priority: 1 })
    await until(() => seen.length === 1)
    await shop.order(carry, { payload: { label: 'left' } })
    const stopped = worker.stop()
    release.resolve()
    await stopped
    expect(seen).toEqual(['active'])
    expect((await jobs(shop.db)).map((job) => job.attempts)).toEqual([1, 0])
    expect(await doneCount(shop.db)).toBe(1)
    await timePasses(shop.db, dispatchLeaseMs)
    shop.work([slow])
    await until(async () => (await doneCount(shop.db)) === 2)
  })

  test('starts a committed job with its next poll', async () => {
    await using shop = await openWorkshop(transport)
    shop.work([handle(carry, async () => {})])
    for (let count = 1; count <= 5; count++) {
      const startedAt = performance.now()
      await shop.order(carry, { payload: { label: String(count) } })
      await until(async () => (await doneCount(shop.db)) === count)
      // The first one waits for the connection to Redis, too.
      if (count > 1) expect(performance.now() - startedAt).toBeLessThan(5 * pollEveryMs)
    }
  })
})
