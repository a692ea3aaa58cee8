import { AtpAgent } from '@atproto/api'
import { type SmtpSink, startSmtpSink } from '@heronry/testing/smtp-sink'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type ComposeHouse, startComposeHouse } from './compose-house.ts'
import { type Person, signUp } from './person.ts'

/** Two of every service on one database. */
let house: ComposeHouse
let sink: SmtpSink
let people: Person[]
beforeAll(async () => {
  sink = await startSmtpSink()
  const env = { PDS_EMAIL_SMTP_URL: sink.url, PDS_EMAIL_FROM_ADDRESS: 'house@example.com' }
  house = await startComposeHouse({ env, replicasMin: 2 })
  people = await Promise.all(Array.from({ length: 6 }, (_, index) => signUp(entryway(index % 2))))
}, 120_000)
afterAll(async () => {
  await house?.[Symbol.asyncDispose]()
  await sink[Symbol.asyncDispose]()
})

/** The address of one of the two, past the proxy. */
function entryway(index: number): string {
  return addressOf('entryway', index)
}

function addressOf(name: string, index: number): string {
  const instance = house.instances.filter(({ service }) => service.name === name)[index]
  return `http://localhost:${instance?.port}`
}

test('a session made at one entryway is known at the other, and ended at one is over at the other', async () => {
  const [person] = people as [Person]
  const [here, there] = [0, 1].map((index) => new AtpAgent({ service: entryway(index) })) as [
    AtpAgent,
    AtpAgent,
  ]
  await here.login({ identifier: person.handle, password: person.password })
  const { accessJwt = '', refreshJwt = '' } = here.session ?? {}
  const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
  expect((await there.com.atproto.server.getSession({}, as(accessJwt))).data.did).toBe(person.did)
  await here.com.atproto.server.deleteSession(undefined, as(refreshJwt))
  await expect(there.com.atproto.server.refreshSession(undefined, as(refreshJwt))).rejects.toMatchObject({
    status: 400,
    error: 'ExpiredToken',
  })
})

test('a mail asked for at either entryway is sent once, by one of two', async () => {
  for (const { agent } of people) {
    const { accessJwt = '' } = agent.session ?? {}
    const asked = [0, 1].map((index) =>
      new AtpAgent({ service: entryway(index) }).com.atproto.server.requestEmailConfirmation(undefined, {
        headers: { authorization: `Bearer ${accessJwt}` },
      }),
    )
    await Promise.all(asked)
  }
  const { db } = house.database
  const mailJobs = db.selectFrom('job_outbox').select(['attempts', 'deferrals']).where('queue', '=', 'mail')
  await vi.waitFor(async () => expect(await mailJobs.where('done_at', 'is', null).execute()).toEqual([]), {
    timeout: 20_000,
  })
  // One that found no place for its domain was put off, which is no try.
  const tries = (await mailJobs.execute()).map(({ attempts, deferrals }) => attempts - deferrals)
  expect(tries).toEqual(people.flatMap(() => [1, 1]))
  const addressees = sink.mails.flatMap(({ recipients }) => recipients).sort()
  expect(addressees).toEqual(people.flatMap(({ email }) => [email, email]).sort())
})

test('what an account may do is no longer known at any api 2 s after it was taken away', async () => {
  const person = people[1] as Person
  const write = (index: number) =>
    new AtpAgent({ service: addressOf('api', index) }).com.atproto.repo.createRecord(
      { repo: person.did, collection: 'app.bsky.feed.post', record: post },
      {
        headers: { authorization: `Bearer ${person.agent.session?.accessJwt}` },
        encoding: 'application/json',
      },
    )
  await Promise.all([write(0), write(1)])
  const { db } = house.database
  await db.updateTable('actor').set({ deactivated_at: new Date() }).where('did', '=', person.did).execute()
  for (const index of [0, 1]) {
    await vi.waitFor(() => expect(write(index)).rejects.toMatchObject({ error: 'AccountDeactivated' }), {
      timeout: 2000,
    })
  }
})

const post = { $type: 'app.bsky.feed.post', text: 'one of many', createdAt: new Date().toISOString() }
