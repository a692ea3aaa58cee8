import type { Did } from '@heronry/core/did'
import { parseHandle } from '@heronry/core/handle'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import type { PlcSigned } from '@heronry/identity/plc-operation'
import { tombstoneOperation } from '@heronry/identity/plc-operation'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import { abandonDraft } from './abandon-draft.ts'
import { retireDid, undoDraft } from './account-job-kinds.ts'
import { commitAccount } from './commit-account.ts'
import { createAccount } from './create-account.ts'
import { createInviteCodes } from './create-invite-codes.ts'
import { deleteAccount } from './delete-account.ts'
import { retireDelayMs } from './limits.ts'
import { reannounceDid } from './reannounce.ts'
import { spreadReannounce } from './reannounce-many.ts'
import { reserveAccount } from './reserve-account.ts'
import { retire } from './retire-did.ts'
import { readSignUp } from './sign-up.ts'

let house: SignUpHouse

beforeAll(async () => {
  house = await signUpHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

describe('a sign-up killed', () => {
  test('before the directory had its operation frees its names, and its DID never is', async () => {
    const { draft, request } = await reserved()
    await runJanitor(draft.id)
    expect(await leftovers(draft)).toEqual({ drafts: 0, keys: 0 })
    expect(await house.deps.plc.lastOperation(draft.did)).toBeNull()
    expect((await createAccount(house.deps, request)).actor.did).not.toBe(draft.did)
  })

  test('after the directory had its operation frees its names and ends its DID', async () => {
    const { draft, request } = await reserved()
    await house.deps.plc.submit(draft.did, draft.operation)
    await runJanitor(draft.id)
    expect(await leftovers(draft)).toEqual({ drafts: 0, keys: 0 })
    expect(await house.deps.plc.lastOperation(draft.did)).toMatchObject({ type: 'plc_tombstone' })
    expect((await createAccount(house.deps, request)).actor.handle).toBe(request.handle)
  })

  test('after its commit stands, whatever the janitor does', async () => {
    const { draft, signUp } = await reserved()
    await house.deps.plc.submit(draft.did, draft.operation)
    await commitAccount(house.deps, { signUp, draft, passwordHash: 'x', sessionId: draft.did })
    await runJanitor(draft.id)
    await retire(house.deps, { did: draft.did, operation: draft.operation, isSecondLook: false })
    expect(await house.deps.plc.lastOperation(draft.did)).toEqual(draft.operation)
    expect(await house.deps.vault.signer(draft.actorId)).toMatchObject({ didKey: draft.signer.didKey })
  })

  test('gives back the use of its invite code', async () => {
    const { there, db, deps } = house
    const order = { community: there, codeCount: 1, useCount: 1, forAccounts: ['admin'] }
    const { codes } = await createInviteCodes(db, order)
    const inviteCode = codes[0]?.codes[0] ?? ''
    const { draft } = await reserved({ ...someone(there), inviteCode })
    const second = { ...someone(there), inviteCode }
    await expect(createAccount(deps, second)).rejects.toMatchObject({ code: 'InvalidInviteCode' })
    await runJanitor(draft.id)
    expect((await createAccount(deps, second)).actor.communityId).toBe(there.id)
  })
})

describe('a sign-up that lives', () => {
  test('but is slower than the janitor gives up, and its DID is ended at the second look', async () => {
    const { deps, here } = house
    const request = someone(here)
    const { plc, submitted, release } = slowDirectory()
    const signingUp = createAccount({ ...deps, plc }, request)
    const { did, operation } = await submitted
    const draft = await house.db
      .selectFrom('account_draft')
      .select('id')
      .where('did', '=', did)
      .executeTakeFirstOrThrow()
    await runJanitor(draft.id)
    release()
    await expect(signingUp).rejects.toMatchObject({ code: 'ServiceUnavailable' })
    expect(await deps.plc.lastOperation(did)).toEqual(operation)
    await runRetirements(did)
    expect(await deps.plc.lastOperation(did)).toMatchObject({ type: 'plc_tombstone' })
    expect((await createAccount(deps, request)).actor.handle).toBe(request.handle)
  })

  test('and loses the answer of the directory is undone at once', async () => {
    const { deps, here } = house
    const request = someone(here)
    const plc = {
      ...deps.plc,
      submit: async (did: Did, operation: PlcSigned) => {
        await deps.plc.submit(did, operation)
        throw new Error('the line broke')
      },
    }
    await expect(createAccount({ ...deps, plc }, request)).rejects.toThrow('the line broke')
    const { did } = await newestRetirement()
    await runRetirements(did)
    expect(await deps.plc.lastOperation(did)).toMatchObject({ type: 'plc_tombstone' })
    expect((await createAccount(deps, request)).actor.handle).toBe(request.handle)
  })

  test('and loses its connection before its commit is undone at once', async () => {
    const { deps, here, db } = house
    const request = someone(here)
    await sql`CREATE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END'`.execute(db)
    await sql`CREATE CONSTRAINT TRIGGER hang_up AFTER INSERT ON account DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW WHEN (NEW.email = ${sql.lit(request.email)}) EXECUTE FUNCTION hang_up()`.execute(db)
    await expect(createAccount(deps, request)).rejects.toThrow()
    await sql`DROP TRIGGER hang_up ON account`.execute(db)
    const { did } = await newestRetirement()
    await runRetirements(did)
    expect(await deps.plc.lastOperation(did)).toMatchObject({ type: 'plc_tombstone' })
    expect((await createAccount(deps, request)).actor.handle).toBe(request.handle)
  })

  test('and loses the answer to its commit stands, and says so', async () => {
    const { deps, here, db } = house
    const line = { isCut: false }
    const plc = {
      ...deps.plc,
      async submit(did: Did, operation: PlcSigned) {
        await deps.plc.submit(did, operation)
        line.isCut = true
      },
    }
    const request = someone(here)
    const { actor } = await createAccount({ ...deps, plc, db: cutAfterCommit(db, line) }, request)
    expect(actor).toMatchObject({ handle: request.handle, status: 'active' })
    expect(await deps.plc.lastOperation(actor.did)).toMatchObject({ type: 'plc_operation' })
    expect((await retirements()).filter(({ did }) => did === actor.did)).toEqual([])
  })

  test('stands although who has invited it is deleted before its commit, and its code with that', async () => {
    const { there, deps } = house
    const order = { community: there, codeCount: 1, useCount: 2 }
    const code = async (account: string) =>
      (await createInviteCodes(deps.db, { ...order, forAccounts: [account] })).codes[0]?.codes[0] ?? ''
    const inviter = await createAccount(deps, { ...someone(there), inviteCode: await code('admin') })
    const invited = { ...someone(there), inviteCode: await code(inviter.actor.did) }
    const plc = {
      ...deps.plc,
      async submit(did: Did, operation: PlcSigned) {
        await deps.plc.submit(did, operation)
        await deleteAccount(deps, inviter.actor.id)
      },
    }
    const { actor } = await createAccount({ ...deps, plc }, invited)
    expect(actor).toMatchObject({ handle: invited.handle, status: 'active' })
    const uses = house.db.selectFrom('invite_use').select('code').where('did', '=', actor.did)
    expect(await uses.execute()).toEqual([])
  })

  test('and is undone while it commits either stands or is undone, never both', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const { draft, signUp } = await reserved()
        const reservedSignUp = { signUp, draft, passwordHash: 'x', sessionId: draft.did }
        const [committed, undone] = await Promise.allSettled([
          commitAccount(house.deps, reservedSignUp),
          abandonDraft(house.deps, draft.id),
        ])
        const stands = committed.status === 'fulfilled'
        const isUndone = undone.status === 'fulfilled' && undone.value
        const { keys } = await leftovers(draft)
        return { both: stands === isUndone, key: keys === (stands ? 1 : 0) }
      }),
    )
    expect(outcomes).toEqual(Array(10).fill({ both: false, key: true }))
  })
})

describe('a retirement', () => {
  test('may be done again', async () => {
    const { draft } = await reserved()
    await house.deps.plc.submit(draft.did, draft.operation)
    const job = { did: draft.did, operation: draft.operation, isSecondLook: false }
    await retire(house.deps, job)
    await retire(house.deps, job)
    expect(await house.deps.plc.lastOperation(draft.did)).toMatchObject({ type: 'plc_tombstone' })
  })

  test('leaves alone a DID that its owner has taken further', async () => {
    const { draft } = await reserved()
    await house.deps.plc.submit(draft.did, draft.operation)
    const other = await reserved()
    const job = { did: draft.did, operation: other.draft.operation, isSecondLook: false }
    await retire(house.deps, job)
    expect(await house.deps.plc.lastOperation(draft.did)).toEqual(draft.operation)
  })

  test('leaves alone a DID that may be that of an account which is lost, and waits until that is known', async () => {
    const [told, untold] = [await reserved(), await reserved()]
    for (const { draft } of [told, untold]) await house.deps.plc.submit(draft.did, draft.operation)
    const complete = async () => {}
    const afterRev = '3l5aaaaaaaa22' as never
    await reannounceDid(house.deps, { did: told.draft.did, afterRev }, { complete })
    await spreadReannounce(house.deps, { afterRev }, { complete })
    for (const { draft } of [told, untold]) {
      await runJanitor(draft.id)
      expect(await house.deps.plc.lastOperation(draft.did)).toEqual(draft.operation)
    }
    const { draft } = await reserved()
    await abandonDraft(house.deps, draft.id)
    const { run_at } = await house.db
      .selectFrom('job_outbox')
      .select('run_at')
      .where('id', '=', (await newestRetirement()).id)
      .executeTakeFirstOrThrow()
    expect(run_at.getTime()).toBeGreaterThan(Date.now() + retireDelayMs - 60_000)
  })

  test('of a DID that was ended by somebody else is done', async () => {
    const { draft } = await reserved()
    await house.deps.plc.submit(draft.did, draft.operation)
    await house.deps.plc.submit(draft.did, await tombstoneOperation(house.deps.rotation, draft.operation))
    await retire(house.deps, { did: draft.did, operation: draft.operation, isSecondLook: false })
    expect(await house.deps.plc.document(draft.did)).toBeNull()
  })
})

test('every reservation has its janitor, due after five minutes', async () => {
  const before = Date.now()
  const { draft } = await reserved()
  const jobs = await house.db
    .selectFrom('job_outbox')
    .select(['run_at', 'payload'])
    .where('name', '=', undoDraft.name)
    .execute()
  const job = jobs.find(({ payload }) => undoDraft.parse(payload).draftId === draft.id.toString())
  expect(job?.run_at.getTime()).toBeGreaterThanOrEqual(before + 300_000)
})

/** A sign-up that stopped after its reservation: what a kill -9 leaves there. */
async function reserved(request: Parameters<typeof readSignUp>[0] = someone(house.here)) {
  const handle = parseHandle(request.handle)
  const signUp = { ...readSignUp(request, { hasGate: false }), handle }
  return { request, signUp, draft: await reserveAccount(house.deps, signUp) }
}

async function runJanitor(draftId: bigint): Promise<void> {
  await abandonDraft(house.deps, draftId)
  await abandonDraft(house.deps, draftId)
  for (const job of await retirements()) await finish(job)
}

async function runRetirements(did: Did): Promise<void> {
  for (const job of await retirements()) if (job.did === did) await finish(job)
}

async function finish(job: Awaited<ReturnType<typeof retirements>>[number]): Promise<void> {
  const rest = await retire(house.deps, job)
  await inTransaction(house.db, { name: 'finish' }, async (tx) => {
    await rest(tx)
    await tx.updateTable('job_outbox').set({ done_at: new Date() }).where('id', '=', job.id).execute()
  })
}

/** The open ones, as the worker would read them, whether due or not. */
async function retirements() {
  const rows = await house.db
    .selectFrom('job_outbox')
    .select(['id', 'payload'])
    .where('name', '=', retireDid.name)
    .where('done_at', 'is', null)
    .orderBy('id')
    .execute()
  return rows.map(({ id, payload }) => ({ id, ...retireDid.parse(payload) }))
}

async function newestRetirement() {
  const job = (await retirements()).at(-1)
  if (job === undefined) throw new Error('nothing is to be retired')
  return job
}

async function leftovers({ id, actorId }: { id: bigint; actorId: bigint }) {
  const { db } = house
  const drafts = await db.selectFrom('account_draft').select('id').where('id', '=', id).execute()
  const keys = await db.selectFrom('signing_key').select('did_key').where('actor_id', '=', actorId).execute()
  return { drafts: drafts.length, keys: keys.length }
}

/** The real database, over a line that is cut once between a commit and the answer to it. */
function cutAfterCommit(db: Database, line: { isCut: boolean }): Database {
  return new Proxy(db, {
    get(target, property) {
      if (property === 'transaction' && line.isCut) {
        line.isCut = false
        return () => ({ execute: run })
      }
      const value = Reflect.get(target, property, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })

  async function run(body: (tx: Transaction) => Promise<unknown>): Promise<never> {
    await db.transaction().execute(body)
    throw new Error('Connection terminated unexpectedly')
  }
}

/** The real directory, which gets the operation only when the test lets it through. */
function slowDirectory() {
  const submitted = Promise.withResolvers<{ did: Did; operation: PlcSigned }>()
  const gate = Promise.withResolvers<void>()
  const plc = {
    ...house.deps.plc,
    async submit(did: Did, operation: PlcSigned) {
      submitted.resolve({ did, operation })
      await gate.promise
      await house.deps.plc.submit(did, operation)
    },
  }
  return { plc, submitted: submitted.promise, release: gate.resolve }
}
