import { parseHandle } from '@heronry/core/handle'
import { createWorker } from '@heronry/jobs/worker'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import { deleteDeactivated, retireDid, undoDraft } from './account-job-kinds.ts'
import { accountHandlers } from './account-jobs.ts'
import { createAccount } from './create-account.ts'
import { strayCheckMs } from './limits.ts'
import { reserveAccount } from './reserve-account.ts'
import { readSignUp } from './sign-up.ts'

let house: SignUpHouse
const stop = new AbortController()
let running: Promise<void>

beforeAll(async () => {
  house = await signUpHouse()
  const { db, deps } = house
  const handlers = accountHandlers(deps)
  running = createWorker({ db, logger: deps.logger, handlers }).run(stop.signal)
})
afterAll(async () => {
  stop.abort()
  await running
  await house[Symbol.asyncDispose]()
})

test('the janitor undoes a sign-up that was killed, ends its DID, and frees its names', async () => {
  const { request, draft } = await killedSignUp()
  await house.deps.plc.submit(draft.did, draft.operation)
  await letFifteenMinutesPass(draft.did)
  await vi.waitFor(
    async () =>
      expect(await house.deps.plc.lastOperation(draft.did)).toMatchObject({ type: 'plc_tombstone' }),
    { timeout: 10_000, interval: 50 },
  )
  expect((await createAccount(house.deps, request)).actor.handle).toBe(request.handle)
})

test('a DID that the directory does not know is looked for once more, an hour later', async () => {
  const { draft } = await killedSignUp()
  await letFifteenMinutesPass(draft.did)
  const job = await vi.waitFor(
    async () => {
      const jobs = await openRetirements()
      const own = jobs.find(({ payload }) => retireDid.parse(payload).did === draft.did)
      if (own === undefined || !retireDid.parse(own.payload).isSecondLook) throw new Error('not yet')
      return own
    },
    { timeout: 10_000, interval: 50 },
  )
  expect(job.run_at.getTime()).toBeGreaterThan(Date.now() + strayCheckMs - 60_000)
})

test.each([
  [undoDraft, {}],
  [undoDraft, { draftId: '1; DROP TABLE actor' }],
  [undoDraft, { draftId: 1 }],
  [retireDid, { did: 'nobody', operation: {} }],
  [retireDid, { did: 'did:plc:a', operation: null }],
  [deleteDeactivated, { actorId: 1 }],
])('a payload that nobody wrote is poison (%#)', (kind, payload) => {
  expect(() => kind.parse(payload)).toThrow(kind.name)
})

async function killedSignUp() {
  const request = someone(house.here)
  const draft = await reserveAccount(house.deps, {
    ...readSignUp(request, { hasGate: false }),
    handle: parseHandle(request.handle),
  })
  return { request, draft }
}

/** The janitor comes, and ten minutes later it retires what it found. */
async function letFifteenMinutesPass(did: string): Promise<void> {
  await makeDue(undoDraft.name)
  await vi.waitFor(
    async () => {
      const jobs = await openRetirements()
      if (!jobs.some(({ payload }) => retireDid.parse(payload).did === did)) throw new Error('not yet')
    },
    { timeout: 10_000, interval: 50 },
  )
  await makeDue(retireDid.name)
}

async function makeDue(name: string): Promise<void> {
  await house.db
    .updateTable('job_outbox')
    .set({ run_at: new Date(0) })
    .where('name', '=', name)
    .where('done_at', 'is', null)
    .execute()
}

function openRetirements() {
  return house.db
    .selectFrom('job_outbox')
    .select(['payload', 'run_at'])
    .where('name', '=', retireDid.name)
    .where('done_at', 'is', null)
    .execute()
}
