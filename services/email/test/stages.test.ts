import { findMailSuppression } from '@heronry/accounts/mail-suppression'
import type { CommunityId } from '@heronry/core/ids'
import { PermanentFailure } from '@heronry/jobs/permanent-failure'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEmailContext } from '../src/context.ts'
import { deliver } from '../src/deliver.ts'
import { notice } from './post-office.ts'
import { type Stage, scriptedSmtp, stages } from './scripted-smtp.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

let count = 0

/** What becomes of a mail, and whether its address is asked again. */
async function outcome(stage: Stage, reply: string) {
  await using server = await scriptedSmtp(stage, reply)
  const db = database.as('heronry_email')
  const mail = { smtpUrl: server.url, fromAddress: 'house@example.com' }
  using context = createEmailContext({ db, mail })
  const to = `bird${++count}@example.com`
  const end = await deliver(context, { id: BigInt(count), mail: notice(to) }).then(
    () => 'sent',
    (error: unknown) => {
      expect(String(error)).not.toContain(to)
      return error instanceof PermanentFailure ? 'dead' : 'again'
    },
  )
  const where = { communityId: 1 as CommunityId, address: to }
  return (await findMailSuppression(db, where)) ? `${end}, suppressed` : end
}

test('a server of which nothing is wrong takes the mail', async () => {
  expect(await outcome('content', '250 2.0.0 taken')).toBe('sent')
})

test.each(stages)('a connection that ends at %s is tried again', async (stage) => {
  expect(await outcome(stage, 'drop')).toBe('again')
})

test.each(stages)('a 4xx at %s is tried again', async (stage) => {
  expect(await outcome(stage, '421 4.3.2 come later')).toBe('again')
  expect(await outcome(stage, '451 4.7.1 greylisted')).toBe('again')
})

test.each<[Stage, string, string]>([
  // Our own trouble, or the server's as a whole: every mail would be lost to it.
  ['greeting', '554 5.3.2 no service', 'again'],
  ['EHLO', '550 5.7.1 you may not', 'again'],
  ['AUTH', '535 5.7.8 wrong password', 'again'],
  ['MAIL', '530 5.7.0 authentication required', 'again'],
  ['RCPT', '530 5.7.0 authentication required', 'again'],
  // About the mail.
  ['MAIL', '550 5.7.1 not from you', 'dead'],
  ['MAIL', '552 5.3.4 too big', 'dead'],
  ['DATA', '554 5.6.0 no', 'dead'],
  ['content', '550 5.7.1 spam', 'dead'],
  ['content', '554 no', 'dead'],
  // About who gets it.
  ['RCPT', '550 5.1.1 no such mailbox', 'dead, suppressed'],
  ['RCPT', '550 no such mailbox', 'dead, suppressed'],
  ['RCPT', '551 5.1.6 moved', 'dead, suppressed'],
  ['RCPT', '550 5.2.1 closed', 'dead, suppressed'],
  ['RCPT', '550 5.7.1 no relay', 'dead'],
  ['RCPT', '552 5.2.2 full', 'dead'],
])('at %s a %s means: %s', async (stage, reply, means) => {
  expect(await outcome(stage, reply)).toBe(means)
})
