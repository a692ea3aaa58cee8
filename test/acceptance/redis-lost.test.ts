import { startSmtpSink } from '@heronry/testing/smtp-sink'
import { expect, test } from 'vitest'
import { FirehoseConsumer } from './firehose-consumer.ts'
import { fiveServices, oneProcessWithRedis } from './house-kinds.ts'
import { signUp } from './person.ts'

const title = 'Redis flushed again and again loses neither a mail nor an event'

test.each([oneProcessWithRedis, fiveServices])(
  `${title}: $name`,
  async (kind) => {
    await using sink = await startSmtpSink()
    const env = { PDS_EMAIL_SMTP_URL: sink.url, PDS_EMAIL_FROM_ADDRESS: 'house@example.com' }
    await using house = await kind.start({ env })
    await using consumer = await FirehoseConsumer.follow(house.url)
    const people = []
    for (let index = 0; index < 12; index++) {
      const person = await signUp(house.url)
      people.push(person)
      await house.flushRedis()
      await person.agent.com.atproto.server.requestEmailConfirmation()
      await house.flushRedis()
      await person.agent.post({ text: 'still here' })
    }
    const addressees = await sink.waitForRecipients(
      people.map((person) => person.email),
      60_000,
    )
    expect(new Set(addressees)).toEqual(new Set(people.map((person) => person.email)))
    await consumer.until((messages) => messages.length === people.length * 5)
  },
  120_000,
)
