import { accountHandlers } from '@heronry/accounts/account-jobs'
import { activateAccount } from '@heronry/accounts/activate-account'
import { findActor } from '@heronry/accounts/actor'
import { cidString } from '@heronry/core/cid'
import { createWorker } from '@heronry/jobs/worker'
import { findRepo } from '@heronry/repo/find-repo'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ask, signUp } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'
import { plcMover } from './mover.ts'

let house: EntrywayHouse
beforeAll(async () => {
  house = await entrywayHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

type Community = 'herons' | 'storks'
const server = (method: string) => `com.atproto.server.${method}`
const activate = (token: string, at: Community = 'herons') =>
  ask(house, server('activateAccount'), { at, post: true, token })
const deactivate = (token: string, input: object = {}, at: Community = 'herons') =>
  ask(house, server('deactivateAccount'), { at, input, token })
const check = (token: string, at: Community = 'herons') =>
  ask(house, server('checkAccountStatus'), { at, token })

const actorOf = (did: string, at = 'herons') =>
  house.db
    .selectFrom('actor')
    .innerJoin('community', 'community.id', 'actor.community_id')
    .leftJoin('repo', 'repo.actor_id', 'actor.id')
    .select(['actor.id', 'deactivated_at', 'delete_after', 'writable'])
    .where('did', '=', did)
    .where('slug', '=', at)
    .executeTakeFirst()
async function kindsOf(did: string, at = 'herons'): Promise<number[]> {
  const { id } = (await actorOf(did, at)) ?? { id: 0n }
  const events = house.db.selectFrom('event').select('kind').where('actor_id', '=', id).orderBy('id')
  return (await events.execute()).map(({ kind }) => kind)
}
const deletionsOf = (id: bigint | undefined) =>
  house.db
    .selectFrom('job_outbox')
    .select('run_at')
    .where('key', '=', `delete-${id}`)
    .where('done_at', 'is', null)
    .execute()

const [commit, sync, identity, account, deletion] = [1, 2, 3, 4, 5]
const born = [identity, account, commit, sync]

describe('an account', () => {
  test('rests and comes back, as often as it is told to, and says so each time', async () => {
    const { created } = await signUp(house)
    const { did, accessJwt } = created.body
    for (const input of [{}, {}]) {
      const answer = await deactivate(accessJwt, input)
      expect([answer.status, answer.text]).toEqual([200, ''])
    }
    expect(await actorOf(did)).toMatchObject({ writable: false, delete_after: null })
    expect((await check(accessJwt)).body).toMatchObject({ activated: false, validDid: true })
    for (const answer of [await activate(accessJwt), await activate(accessJwt)]) {
      expect([answer.status, answer.text]).toEqual([200, ''])
    }
    expect(await actorOf(did)).toMatchObject({ writable: true, deactivated_at: null })
    const awake = [account, identity, sync]
    expect(await kindsOf(did)).toEqual([...born, account, account, ...awake, ...awake])
  })

  test('has a status that is what a mover counts with', async () => {
    const { created } = await signUp(house, 'storks')
    const { did, accessJwt } = created.body
    const { id } = (await actorOf(did, 'storks')) ?? {}
    const { head, rev } = await headOf(id)
    const { status, body } = await check(accessJwt, 'storks')
    expect([status, body]).toEqual([
      200,
      {
        activated: true,
        validDid: true,
        repoCommit: head,
        repoRev: rev,
        repoBlocks: 2,
        indexedRecords: 0,
        privateStateValues: 0,
        expectedBlobs: 0,
        importedBlobs: 0,
      },
    ])
  })

  test('of one community is nothing at another', async () => {
    const { created } = await signUp(house)
    const token = created.body.accessJwt
    for (const answer of [
      await activate(token, 'storks'),
      await deactivate(token, {}, 'storks'),
      await check(token, 'storks'),
    ]) {
      expect([answer.status, answer.body.error]).toEqual([400, 'InvalidToken'])
    }
    expect(await actorOf(created.body.did)).toMatchObject({ writable: true })
  })

  test('is asked for by a session', async () => {
    for (const method of ['activateAccount', 'deactivateAccount'] as const) {
      const answer = await ask(
        house,
        server(method),
        method === 'activateAccount' ? { post: true } : { input: {} },
      )
      expect([answer.status, answer.body.error]).toEqual([401, 'AuthMissing'])
    }
    expect((await ask(house, server('checkAccountStatus'))).body.error).toBe('AuthMissing')
  })

  test('that is taken down or suspended is not activated, and may rest', async () => {
    for (const state of [{ takedown_ref: 'x' }, { suspended_until: new Date(Date.now() + 60_000) }]) {
      const { created } = await signUp(house)
      const { did, accessJwt } = created.body
      await house.db.updateTable('actor').set(state).where('did', '=', did).execute()
      const answer = await activate(accessJwt)
      expect([answer.status, answer.body]).toEqual([
        400,
        { error: 'AccountNotFound', message: 'user not found' },
      ])
      expect((await deactivate(accessJwt)).status).toBe(200)
      expect(await actorOf(did)).toMatchObject({ writable: false, deactivated_at: expect.any(Date) })
    }
  })

  test('is not activated while its DID says something else', async () => {
    const mover = await plcMover(house)
    const { body } = await mover.moveIn('herons')
    const token: string = body.accessJwt
    const { rotation } = house.context.signUp
    const refused = async () => {
      const { status, body } = await activate(token)
      return status === 400 && body.message
    }
    expect(await refused()).toBe('Server rotation key not included in PLC DID data')
    await mover.publish({ rotationKeys: [mover.rotation.didKey, rotation.didKey] })
    expect(await refused()).toBe('DID document atproto_pds service endpoint does not match PDS public url')
    await mover.publish({ services: services('herons') })
    expect(await refused()).toBe('DID document verification method does not match expected signing key')
    expect((await check(token)).body).toMatchObject({ activated: false, validDid: false })
    await mover.publish({ verificationMethods: await methodsOf(token) })
    expect((await check(token)).body).toMatchObject({ activated: false, validDid: true })
    expect((await activate(token)).status).toBe(200)
    expect(await kindsOf(mover.did)).toEqual([account, identity, sync])
    const { id } = (await actorOf(mover.did)) ?? {}
    expect(await deletionsOf(id)).toEqual([])
  })
})

describe('a DID in two communities', () => {
  test('is active in one: who activates it in the other takes it there, and both say so', async () => {
    const { mover, storkToken, heronToken } = await twice()
    await pointTo(mover, { at: 'storks', token: storkToken })
    expect((await activate(storkToken, 'storks')).status).toBe(200)
    expect(await actorOf(mover.did)).toMatchObject({ writable: false, deactivated_at: expect.any(Date) })
    expect(await actorOf(mover.did, 'storks')).toMatchObject({ writable: true, deactivated_at: null })
    expect(await kindsOf(mover.did)).toEqual([account, identity, sync, account])
    expect(await kindsOf(mover.did, 'storks')).toEqual([account, identity, sync])
    const { body } = await activate(heronToken)
    expect(body.message).toBe('DID document atproto_pds service endpoint does not match PDS public url')
    await pointTo(mover, { at: 'herons', token: heronToken })
    expect((await activate(heronToken)).status).toBe(200)
    expect(await actorOf(mover.did, 'storks')).toMatchObject({ writable: false })
  })

  test('is active in one, however often both are activated at once', async () => {
    const { mover, storkToken, heronToken } = await twice()
    // Each is asked while its DID points to it; their transactions meet.
    const { context } = house
    const [herons, storks] = await context.communities.all()
    const documents = { herons: documentFor(heronToken), storks: documentFor(storkToken) }
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, async (_, index) => {
        const community = index % 2 === 0 ? herons : storks
        if (community === undefined) throw new Error('two communities')
        const actor = await findActor(context.db, { communityId: community.id, didOrHandle: mover.did })
        if (actor === undefined) throw new Error('an actor')
        const last = await documents[community.slug as Community]
        const plc = { ...context.signUp.plc, lastOperation: async () => last }
        await activateAccount({ ...context, ...context.signUp, plc }, { community, actor })
      }),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(Array(12).fill('fulfilled'))
    const actors = [await actorOf(mover.did), await actorOf(mover.did, 'storks')]
    expect(actors.map((actor) => actor?.writable).sort()).toEqual([false, true])
    for (const actor of actors) expect(actor?.writable).toBe(actor?.deactivated_at === null)

    async function documentFor(token: string) {
      const at = token === heronToken ? 'herons' : 'storks'
      const last = await context.signUp.plc.lastOperation(mover.did)
      return { ...last, services: services(at), verificationMethods: await methodsOf(token, at) } as never
    }
  })
})

describe('a deactivation that ends in deletion', () => {
  const inADay = () => new Date(Date.now() + 86_400_000).toISOString()

  test('is kept as it was said last, in one row, and called off by activation', async () => {
    const { created } = await signUp(house)
    const { did, accessJwt } = created.body
    const { id } = (await actorOf(did)) ?? {}
    for (const deleteAfter of [inADay(), '2999-01-01T00:00:00.000Z']) {
      expect((await deactivate(accessJwt, { deleteAfter })).status).toBe(200)
      expect(await actorOf(did)).toMatchObject({ delete_after: new Date(deleteAfter) })
      expect(await deletionsOf(id)).toEqual([{ run_at: new Date(deleteAfter) }])
    }
    expect((await activate(accessJwt)).status).toBe(200)
    expect(await deletionsOf(id)).toEqual([])
    await deactivate(accessJwt, { deleteAfter: inADay() })
    await deactivate(accessJwt)
    expect(await deletionsOf(id)).toEqual([])
    expect(await actorOf(did)).toMatchObject({ delete_after: null })
  })

  test('is not in the past, and is a moment', async () => {
    const { created } = await signUp(house)
    const token = created.body.accessJwt
    const past = await deactivate(token, { deleteAfter: new Date(Date.now() - 1).toISOString() })
    expect([past.status, past.body]).toEqual([
      400,
      { error: 'InvalidRequest', message: 'deleteAfter must be in the future' },
    ])
    expect((await deactivate(token, { deleteAfter: 'tomorrow' })).status).toBe(400)
    expect(await actorOf(created.body.did)).toMatchObject({ writable: true })
  })

  test('comes when it is due, for those who have not come back or put it off', async () => {
    const names = ['gone', 'back', 'later', 'lifted'] as const
    const accounts = await Promise.all(names.map(async (name) => ({ name, ...(await signUp(house)) })))
    const ids = new Map<string, bigint | undefined>()
    for (const { name, created } of accounts) {
      await deactivate(created.body.accessJwt, { deleteAfter: inADay() })
      ids.set(name, (await actorOf(created.body.did))?.id)
    }
    const [gone, back, later, lifted] = accounts.map(({ created }) => created.body)
    // What a worker finds that comes a day later, or just before its owner has called it off.
    const past = new Date(Date.now() - 1000)
    await house.db
      .updateTable('job_outbox')
      .set({ run_at: past })
      .where('name', '=', 'deleteDeactivated')
      .where(
        'key',
        'in',
        [...ids.values()].map((id) => `delete-${id}`),
      )
      .execute()
    const setDue = { delete_after: past }
    await house.db.updateTable('actor').set(setDue).where('did', 'in', [gone.did, lifted.did]).execute()
    // Without the row being withdrawn: whoever else ends a deactivation need not know of it.
    const awake = { deactivated_at: null, delete_after: null }
    await house.db.updateTable('actor').set(awake).where('did', '=', back.did).execute()
    await house.db.updateTable('actor').set({ delete_after: null }).where('did', '=', lifted.did).execute()
    await withWorker(async () => {
      await vi.waitFor(async () => expect(await actorOf(gone.did)).toBeUndefined(), 10_000)
      await vi.waitFor(async () => {
        expect(await deletionsOf(ids.get('back'))).toEqual([])
        expect(await deletionsOf(ids.get('lifted'))).toEqual([])
        const putOff = (await actorOf(later.did))?.delete_after
        expect(await deletionsOf(ids.get('later'))).toEqual([{ run_at: putOff }])
      }, 10_000)
    })
    for (const { did } of [back, later, lifted]) expect(await actorOf(did)).toBeDefined()
    const events = house.db
      .selectFrom('event')
      .select('kind')
      .where('actor_id', '=', ids.get('gone') ?? 0n)
    expect((await events.orderBy('id').execute()).at(-1)).toEqual({ kind: deletion })
  })
})

function services(at: Community) {
  return { atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint: `https://${at}.example.com` } }
}

async function methodsOf(token: string, at: Community = 'herons'): Promise<Record<string, string>> {
  const method = 'com.atproto.identity.getRecommendedDidCredentials'
  return (await ask(house, method, { at, token })).body.verificationMethods
}

async function pointTo(
  { publish, rotation }: Awaited<ReturnType<typeof plcMover>>,
  { at, token }: { at: Community; token: string },
) {
  await publish({
    rotationKeys: [rotation.didKey, house.context.signUp.rotation.didKey],
    services: services(at),
    verificationMethods: await methodsOf(token, at),
  })
}

/** A DID that both communities host, active in herons. */
async function twice() {
  const mover = await plcMover(house)
  const heronToken: string = (await mover.moveIn('herons')).body.accessJwt
  const storkToken: string = (await mover.moveIn('storks')).body.accessJwt
  await pointTo(mover, { at: 'herons', token: heronToken })
  expect((await activate(heronToken)).status).toBe(200)
  return { mover, heronToken, storkToken }
}

async function headOf(id: bigint | undefined) {
  const repo = await findRepo(house.db, (id ?? 0n) as never)
  if (repo === undefined) throw new Error('no repo')
  return { head: cidString(repo.head), rev: repo.rev }
}

async function withWorker(body: () => Promise<void>): Promise<void> {
  const { context } = house
  const handlers = accountHandlers({ ...context, ...context.signUp })
  const stop = new AbortController()
  const running = createWorker({ db: context.db, logger: context.logger, handlers }).run(stop.signal)
  try {
    await body()
  } finally {
    stop.abort()
    await running
  }
}
