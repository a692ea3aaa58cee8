import type { Community } from '@heronry/communities/community'
import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { sendMail } from '@heronry/jobs/kinds/send-mail'
import { base32Bytes } from '@heronry/testing/base32'
import type { Actor } from '../src/actor.ts'
import type { FactorRefusal } from '../src/ask-second-factor.ts'
import { confirmTotp } from '../src/confirm-totp.ts'
import { createAccount } from '../src/create-account.ts'
import { createSession } from '../src/create-session.ts'
import { storeEmailFactor } from '../src/email-factor.ts'
import { findLoginByIdentifier } from '../src/find-login.ts'
import { totpStepMs } from '../src/limits.ts'
import { beginLogin } from '../src/login-attempts.ts'
import { openSession } from '../src/open-session.ts'
import { beginTotp } from '../src/own-second-factors.ts'
import { totpCode, totpStep } from '../src/totp.ts'
import { type SignUpHouse, signUpHouse, someone } from './sign-up-house.ts'

export type FactorHouse = Awaited<ReturnType<typeof factorHouse>>

/** A house of sign-ups with a clock that the test moves. */
export async function factorHouse() {
  const house = await signUpHouse()
  let now = Date.now()
  const clock: Clock = { ...house.deps.clock, now: () => now }
  return {
    ...house,
    deps: { ...house.deps, clock },
    forward(ms: number) {
      now += ms
    },
    [Symbol.asyncDispose]: () => house[Symbol.asyncDispose](),
  }
}

export type Member = Awaited<ReturnType<typeof member>>

const network = '192.0.2.1'

/** Somebody whose address is confirmed. */
export async function member(house: FactorHouse, community: Community = house.here) {
  const account = someone(community)
  const inviteCode = await invite(house, community)
  const { actor } = await createAccount(house.deps, { ...account, inviteCode })
  await house.db
    .updateTable('account')
    .set({ email_confirmed_at: new Date() })
    .where('actor_id', '=', actor.id)
    .execute()
  return { ...account, actor, network }
}

async function invite({ db }: SignUpHouse, { id, settings }: Community): Promise<string | undefined> {
  if (!settings.inviteRequired) return undefined
  const code = `factor-${crypto.randomUUID()}`
  const row = { code, community_id: id, available_uses: 1, disabled: false }
  await db
    .insertInto('invite_code')
    .values({ ...row, for_account: 'admin', created_by: 'admin' })
    .execute()
  return code
}

export async function withEmailFactor(house: FactorHouse, community?: Community): Promise<Member> {
  const one = await member(house, community)
  const factor = { actorId: one.actor.id, enabled: true }
  await inTransaction(house.db, { name: 'test' }, (tx) => storeEmailFactor(tx, factor))
  return one
}

/** With an app, which shows another code than the last each time it is looked at. */
export async function withTotp(house: FactorHouse, community?: Community) {
  const one = await member(house, community)
  const { secret } = await beginTotp(house.deps, { ...one, issuer: 'herons' })
  const codeAt = (steps: number) =>
    totpCode(base32Bytes(secret), totpStep(house.deps.clock.now() + steps * totpStepMs))
  const recoveryCodes = await confirmTotp(house.deps, { ...one, code: codeAt(0) })
  house.forward(totpStepMs * 4)
  return { ...one, codeAt, recoveryCodes }
}

export function logIn(
  { deps }: FactorHouse,
  { email, ...attempt }: Omit<Member, 'handle' | 'actor'> & { userAgent?: string },
  authFactorToken?: string,
) {
  return createSession(deps, { ...attempt, identifier: email, authFactorToken })
}

type Comer = Pick<Member, 'community' | 'actor' | 'network'> & { readonly userAgent?: string }

/** What becomes of a login once its password was right, without the time that a login takes at least. */
export async function tryCode(
  { deps, openedBy = deps.db }: Pick<FactorHouse, 'deps'> & { openedBy?: Database },
  { community, actor, network, userAgent }: Comer,
  code?: string,
): Promise<FactorRefusal | 'open'> {
  const name = { communityId: community.id, identifier: actor.did }
  const found = await findLoginByIdentifier(deps.db, name)
  if (found === undefined) throw new Error('no login')
  const begun = await beginLogin(deps.db, { ...name, network }, new Date(deps.clock.now()))
  const request = { found, begun, community, network, userAgent, code, allowTakendown: false }
  const outcome = await openSession({ ...deps, db: openedBy }, { ...request, appPassword: undefined })
  if (outcome === undefined) throw new Error('the password was right')
  return typeof outcome === 'string' ? outcome : 'open'
}

/** The codes to sign in with that were mailed to somebody, in order. */
export async function signInCodes(
  { db }: FactorHouse,
  { actor, email }: { actor: Actor; email: string },
): Promise<string[]> {
  const rows = await db
    .selectFrom('job_outbox')
    .select('payload')
    .where('name', '=', sendMail.name)
    .orderBy('id')
    .execute()
  return rows
    .map(({ payload }) => sendMail.parse(payload))
    .flatMap(({ to, communityId, mail }) =>
      to === email && communityId === actor.communityId && mail.template === 'sign-in-code' ? mail.code : [],
    )
}
