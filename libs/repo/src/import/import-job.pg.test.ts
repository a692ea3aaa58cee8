import { digestsEqual } from '@heronry/core/cid'
import type { JobRun } from '@heronry/jobs/handler'
import { createWorker } from '@heronry/jobs/worker'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { badCars } from '../../test/bad-cars.ts'
import {
  carOfMover,
  type ImportHouse,
  importHouse,
  inChunks,
  type Mover,
  manyRecords,
} from '../../test/import-house.ts'
import { elsewhere } from '../../test/repo-house.ts'
import { until } from '../../test/until.ts'
import { findRepo } from '../find-repo.ts'
import { verifyRepo } from '../verify-repo.ts'
import { importHandlers } from './import-job.ts'

let house: ImportHouse
beforeAll(async () => {
  house = await importHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

/** All of it is left to a worker. */
const large = { requestBytesMax: 0 }
const recordsOf = async (mover: Mover) => {
  const report = await verifyRepo(house.db, { ...mover, actorId: mover.id })
  expect(report?.problems).toEqual([])
  return report?.records
}
const stateOf = async ({ id }: Mover) => {
  const row = house.db.selectFrom('repo_import').select('state').where('actor_id', '=', id)
  return (await row.executeTakeFirst())?.state
}
const stagedBlocks = async () => {
  const { rows } = await sql<{ n: bigint }>`SELECT count(*) AS n FROM import_block`.execute(house.db)
  return Number(rows[0]?.n)
}

function startWorker(deps = house.deps) {
  const stop = new AbortController()
  const { db, logger } = house
  const running = createWorker({ db, logger, handlers: importHandlers(deps), concurrency: 2 }).run(
    stop.signal,
  )
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}

test('a large import is finished by a worker, and the request awaits it', async () => {
  await using _ = startWorker()
  const mover = await house.mover()
  const car = carOfMover(mover, manyRecords(700))
  await house.import(mover, car.bytes, large)
  expect(digestsEqual((await findRepo(house.db, mover.id))?.data as Uint8Array, car.data)).toBe(true)
  expect([await recordsOf(mover), await stagedBlocks()]).toEqual([700, 0])
})

test('what is wrong with a large one is told, too', async () => {
  await using _ = startWorker()
  const mover = await house.mover()
  const [, make, told] = badCars.find(([what]) => what === 'a record with a float') ?? [
    ...(badCars[0] as never),
  ]
  await expect(house.import(mover, make(mover), large)).rejects.toMatchObject({
    code: 'InvalidRequest',
    message: expect.stringMatching(told),
  })
  expect([await recordsOf(mover), await stagedBlocks()]).toEqual([0, 0])
})

test('who sends the same again while it waits awaits the same one, and needs no worker of his own', async () => {
  const mover = await house.mover()
  const { bytes } = carOfMover(mover, manyRecords(40))
  const first = house.import(mover, bytes, large)
  await until(async () => (await stateOf(mover)) === 1)
  const staged = await stagedBlocks()
  const sent = Promise.withResolvers<void>()
  const again = (async function* () {
    yield* inChunks(bytes)
    sent.resolve()
  })()
  const second = house.import(mover, again, large)
  await sent.promise
  expect(await stagedBlocks()).toBe(staged)
  await using _ = startWorker()
  await Promise.all([first, second])
  expect(await recordsOf(mover)).toBe(40)
})

test('a worker that is killed in the middle is followed by one that begins with what was staged', async () => {
  const mover = await house.mover()
  const imported = house.import(mover, carOfMover(mover, manyRecords(600)).bytes, large)
  await until(async () => (await stateOf(mover)) === 1)
  const handlers = importHandlers(house.deps)
  const row = await house.db
    .selectFrom('job_outbox')
    .select(['id', 'payload'])
    .where('name', '=', 'import-repo')
    .where('done_at', 'is', null)
    .executeTakeFirstOrThrow()
  const [handler] = handlers.filter(({ kind }) => kind.name === 'import-repo')
  const killed = AbortSignal.abort(new Error('killed'))
  const job = { id: row.id, attempt: 1, signal: killed, complete: async () => {} } satisfies Omit<
    JobRun<unknown>,
    'payload'
  >
  await expect(handler?.run({ ...job, payload: handler.kind.parse(row.payload) })).rejects.toThrow('killed')
  expect([await stateOf(mover), await recordsOf(mover)]).toEqual([2, 0])
  await using _ = startWorker()
  await imported
  expect(await recordsOf(mover)).toBe(600)
})

test('staged blocks that a crash of Postgres has emptied are asked for again', async () => {
  const mover = await house.mover()
  const imported = house.import(mover, carOfMover(mover, manyRecords(30)).bytes, large)
  const refused = expect(imported).rejects.toThrow('send it again')
  await until(async () => (await stateOf(mover)) === 1)
  await sql`TRUNCATE import_block`.execute(house.db)
  await using _ = startWorker()
  await refused
  expect(await recordsOf(mover)).toBe(0)
})

test('a community with many large imports does not keep another one waiting', async () => {
  const order: string[] = []
  const herons = await Promise.all([1, 2, 3].map(() => house.mover()))
  const stork = await house.mover({ communityId: elsewhere })
  const all: Promise<unknown>[] = []
  for (const mover of [...herons, stork]) {
    const { bytes } = carOfMover(mover, manyRecords(300))
    const name = mover === stork ? 'stork' : 'heron'
    all.push(house.import(mover, bytes, large).then(() => order.push(name)))
    await until(async () => (await stateOf(mover)) === 1)
  }
  await using _ = startWorker()
  await Promise.all(all)
  // It came last, and there are two seats.
  expect(order.at(-1)).toBe('heron')
})
