import type { Did } from '@heronry/core/did'
import { inTransaction } from '@heronry/db/in-transaction'
import { handleOfOperation } from '@heronry/identity/plc-update'
import { createVault } from '@heronry/vault/vault'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import { killedBehindEachStatement } from '../test/victim.ts'
import { abandonDraft } from './abandon-draft.ts'
import { retireDid } from './account-job-kinds.ts'
import { type Actor, findActor } from './actor.ts'
import { createAccount } from './create-account.ts'
import { retire } from './retire-did.ts'
import { settleChange } from './settle-identity-change.ts'
import { updateHandle } from './update-handle.ts'

let house: SignUpHouse
beforeAll(async () => {
  house = await signUpHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

test('a change of a handle that is cut behind any statement ends the same here and at the directory', async () => {
  let actor: Actor
  const names = { before: 0, after: 0 }
  const killed = await killedBehindEachStatement(house, {
    async act(db) {
      actor = (await createAccount(house.deps, someone(house.here))).actor
      const handle = `new-${actor.handle}`
      await updateHandle({ ...house.deps, db }, { community: house.here, actor, handle })
    },
    async check() {
      await settleAll(actor)
      const { did, handle } = (await stored(actor.did)) ?? {}
      const last = did && (await house.deps.plc.lastOperation(did))
      expect(last && handleOfOperation(last)).toBe(handle)
      names[handle === actor.handle ? 'before' : 'after']++
    },
  })
  expect(killed).toBeGreaterThan(8)
  // Both ends of it were seen.
  expect(Math.min(names.before, names.after)).toBeGreaterThan(0)
})

test('a sign-up that is cut behind any statement stands, with its DID, or has left nothing, and its names are free', async () => {
  const { deps, kek, here } = house
  const account = someone(here)
  const killed = await killedBehindEachStatement(house, {
    async act(db) {
      const vault = createVault({ db, keyEncryptionKeys: [{ id: 'test', key: kek }] })
      await createAccount({ ...deps, db, vault }, account)
    },
    async check() {
      await undoAll()
      const actor = await findActor(deps.db, { communityId: here.id, didOrHandle: account.handle })
      for (const did of await retired()) {
        const last = await deps.plc.lastOperation(did)
        expect(last === null || last.type === 'plc_tombstone').toBe(true)
        expect(did).not.toBe(actor?.did)
      }
      await house.db.deleteFrom('job_outbox').where('name', '=', retireDid.name).execute()
      if (actor === undefined) return
      expect(await deps.plc.lastOperation(actor.did)).toMatchObject({ type: 'plc_operation' })
      // The next one takes its names.
      await renamed(actor)
    },
  })
  expect(killed).toBeGreaterThan(8)
})

function stored(did: Did) {
  return findActor(house.deps.db, { communityId: house.here.id, didOrHandle: did })
}

/** The janitor, at its first and at its second look. */
async function settleAll({ id }: Actor): Promise<void> {
  const changes = house.db.selectFrom('identity_change').select('id').where('actor_id', '=', id)
  for (const change of await changes.execute()) {
    for (const isSecondLook of [false, true]) {
      const payload = { actorId: String(id), changeId: String(change.id), isSecondLook }
      await settleChange(house.deps, payload, { complete: async () => undefined })
    }
  }
  expect(await changes.execute()).toEqual([])
}

/** The janitor of sign-ups, and then that of their DIDs. */
async function undoAll(): Promise<void> {
  const drafts = await house.db.selectFrom('account_draft').select('id').execute()
  for (const { id } of drafts) await abandonDraft(house.deps, id)
  for (const job of await retirements()) {
    const rest = await retire(house.deps, job)
    await inTransaction(house.db, { name: 'end' }, rest)
  }
}

async function retirements() {
  const jobs = house.db.selectFrom('job_outbox').select('payload').where('name', '=', retireDid.name)
  return (await jobs.execute()).map(({ payload }) => retireDid.parse(payload))
}

async function retired(): Promise<Did[]> {
  return (await retirements()).map(({ did }) => did)
}

async function renamed({ id, did }: Actor): Promise<void> {
  await house.db
    .updateTable('actor')
    .set({ handle: `was${id}.test` })
    .where('did', '=', did)
    .execute()
  await house.db
    .updateTable('account')
    .set({ email: `was${id}@example.com` })
    .where('actor_id', '=', id)
    .execute()
}
