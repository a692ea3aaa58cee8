import { applyDefinitions } from '@heronry/communities/apply-definitions'
import type { Did } from '@heronry/core/did'
import type { CommunityId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { codePriority, type SendMail, sendMail } from '@heronry/jobs/kinds/send-mail'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { enqueueMail } from './enqueue-mail.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

const brand = {
  fromName: 'The Storks',
  fromAddress: 'post@storks.example',
  color: '#ffb000',
  logo: 'data:image/png;base64,AAAA',
  language: 'pt-BR',
}

const definition = (slug: string, settings: object) => ({
  slug,
  hostname: `${slug}.example.com`,
  publicUrl: `https://${slug}.example.com`,
  serviceDid: `did:web:${slug}.example.com` as Did,
  handleDomains: [`.${slug}.test`],
  adminPassword: null,
  settings: { name: slug, inviteRequired: false, links: {}, ...settings },
})

test('a mail goes in the name, colours and language of its community as they are then; codes go before all else', async () => {
  const db = database.as('heronry_entryway')
  const storks = (name: string) =>
    definition('storks', { name, links: { home: 'https://storks.example' }, mail: brand })
  await applyDefinitions(db, [definition('herons', {}), storks('Storks')])
  const [one, other] = await db.selectFrom('community').select(['id', 'slug']).orderBy('slug').execute()
  const post = (id: number | undefined, mail: SendMail['mail']) =>
    inTransaction(db, { name: 'test' }, (tx) => {
      const request = { communityId: id as CommunityId, to: 'grey@example.com', at: new Date(7) }
      return enqueueMail(tx, { ...request, mail })
    })
  const notice = { template: 'password-changed', handle: 'grey.test', values: {} } as const
  const code = { handle: 'grey.test', code: 'ABCDE-FGHIJ', expiresAt: 9, validMinutes: 15 }
  await post(one?.id, notice)
  await post(other?.id, { template: 'sign-in-code', ...code })
  await applyDefinitions(db, [definition('herons', {}), storks('Black Storks')])
  await post(other?.id, notice)
  const rows = await db
    .selectFrom('job_outbox')
    .select(['payload', 'priority', 'label'])
    .where('name', '=', sendMail.name)
    .orderBy('id')
    .execute()
  expect(rows.map(({ priority, label }) => [priority, label])).toEqual([
    [0, 'password-changed'],
    [codePriority, 'sign-in-code'],
    [0, 'password-changed'],
  ])
  const home = 'https://storks.example'
  expect(rows.map(({ payload }) => sendMail.parse(payload))).toMatchObject([
    { communityId: one?.id, serviceName: 'herons', links: {}, brand: {}, at: 7 },
    { communityId: other?.id, serviceName: 'Storks', links: { home }, brand },
    { communityId: other?.id, serviceName: 'Black Storks', links: { home }, brand },
  ])
})
