import { startSmtpSink } from '@heronry/testing/smtp-sink'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { FirehoseConsumer } from './firehose-consumer.ts'
import { startHouse } from './house.ts'
import { signUp } from './person.ts'

test('Redis flushed again and again loses neither a mail nor an event', async () => {
  await using sink = await startSmtpSink()
  const env = { PDS_EMAIL_SMTP_URL: sink.url, PDS_EMAIL_FROM_ADDRESS: 'house@example.com' }
  await using house = await startHouse({ redis: true, env })
  await using consumer = await FirehoseConsumer.follow(house.url)
  const redis = new Redis(process.env['HERONRY_TEST_REDIS_URL'] ?? '')
  try {
    const people = []
    for (let index = 0; index < 12; index++) {
      const person = await signUp(house.url)
      people.push(person)
      await redis.flushall()
      await person.agent.com.atproto.server.requestEmailConfirmation()
      await redis.flushall()
      await person.agent.post({ text: 'still here' })
    }
    const addressees = await sink.waitForRecipients(
      people.map((person) => person.email),
      60_000,
    )
    expect(new Set(addressees)).toEqual(new Set(people.map((person) => person.email)))
    await consumer.until((messages) => messages.length === people.length * 5)
  } finally {
    redis.disconnect()
  }
}, 120_000)
