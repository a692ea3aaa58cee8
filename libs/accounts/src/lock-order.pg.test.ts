import type { ActorId } from '@heronry/core/ids'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import type { Actor } from './actor.ts'
import { createAccount } from './create-account.ts'
import { createAppPassword } from './create-app-password.ts'
import { deleteAccount } from './delete-account.ts'
import { deleteOwnAccount } from './delete-own-account.ts'
import { emailPurposes, issueEmailToken } from './email-token.ts'
import { updateEmail } from './email-update.ts'
import { resetPassword } from './reset-password.ts'
import { setPassword } from './set-password.ts'
import { setStatus } from './set-status.ts'
import { updateAccountEmail } from './update-account-email.ts'

let house: SignUpHouse
beforeAll(async () => {
  house = await signUpHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

type Act = (actor: Actor, password: string) => Promise<unknown>

const acts: Record<string, Act> = {
  'a new password by the administrator': (actor) =>
    within((tx) => setPassword(tx, { ...whose(actor), passwordHash: 'x', now: new Date() })),
  'a new address by the administrator': (actor) =>
    within((tx) =>
      updateAccountEmail(tx, house.deps, {
        communityId: actor.communityId,
        account: actor.did,
        email: `new${actor.id}@example.com`,
      }),
    ),
  'a new password by a mailed token': async (actor) => {
    const token = await mailed(actor.id, 'resetPassword')
    const reset = { communityId: actor.communityId, token, password: 'other', network: '192.0.2.1' }
    await resetPassword(house.deps, reset)
  },
  'a new address': (actor) =>
    updateEmail(house.deps, { community: house.here, actor, email: `own${actor.id}@example.com` }),
  'an app password': (actor) => createAppPassword(house.deps.db, { actor, name: 'tool', privileged: false }),
  'a takedown': (actor) => setStatus(house.deps, { actorId: actor.id, change: { takedownRef: 'report' } }),
  'a deletion by its owner': async (actor, password) => {
    const token = await mailed(actor.id, 'deleteAccount')
    const network = '192.0.2.1'
    await deleteOwnAccount(house.deps, { community: house.here, did: actor.did, password, token, network })
  },
  'a deletion': (actor) => deleteAccount(house.deps, actor.id),
}

test.each(Object.entries(acts))(
  '%s waits for a login that is half way, and keeps nothing from it',
  async (_name, act) => {
    const account = someone(house.here)
    const { actor } = await createAccount(house.deps, account)
    const { done } = await inTransaction(house.db, { name: 'half a login' }, async (tx) => {
      await sql`SELECT FROM actor WHERE id = ${actor.id} FOR SHARE`.execute(tx)
      const done = act(actor, account.password)
      done.catch(() => {}) // Looked at below.
      await waiting()
      await sql`SELECT FROM account WHERE actor_id = ${actor.id} FOR SHARE NOWAIT`.execute(tx)
      return { done }
    })
    await done
  },
)

function whose({ communityId, did }: Actor) {
  return { communityId, did }
}

function within<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
  return inTransaction(house.deps.db, { name: 'act' }, work)
}

async function mailed(actorId: ActorId, purpose: keyof typeof emailPurposes): Promise<string> {
  const slot = { actorId, purpose: emailPurposes[purpose], now: new Date() }
  return (await within((tx) => issueEmailToken(tx, slot))).token
}

async function waiting(): Promise<void> {
  const blocked = sql`SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0`
  await vi.waitFor(async () => expect((await blocked.execute(house.db)).rows).toHaveLength(1), {
    timeout: 5000,
    interval: 10,
  })
}
