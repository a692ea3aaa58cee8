import type { CommunityId } from '@heronry/core/ids'
import { concurrencyDefault } from '@heronry/jobs/limits'
import { startSmtpSink } from '@heronry/testing/smtp-sink'
import { expect, test } from 'vitest'
import { domainMailsMax } from '../src/limits.ts'
import { code, notice, openPostOffice, until } from './post-office.ts'

const birds = ['grey@a.example', 'white@b.example', 'purple@c.example']

test('a server that is down loses nothing: each mail waits in its row, and arrives once when it is back', async () => {
  const gone = await startSmtpSink()
  const { port, url } = gone
  await gone[Symbol.asyncDispose]()
  await using office = await openPostOffice({ smtpUrl: url })
  await office.post(...birds.map((to) => notice(to)))
  await until(async () => (await office.counts()).retried === 3)
  const waits = (await office.rows()).map((row) => row.run_at.getTime() - Date.now())
  // 30 s, a fifth more or less.
  for (const wait of waits) expect(wait).toBeGreaterThan(10_000)
  for (const wait of waits) expect(wait).toBeLessThan(36_000)
  expect(new Set(waits).size).toBe(3)
  await using back = await startSmtpSink({ port })
  await office.timePasses()
  await until(async () => (await office.counts()).done === 3)
  expect(back.asked.toSorted()).toEqual(birds.toSorted())
  expect(await office.counts()).toEqual({ done: 3, dead: 0, retried: 0 })
  expect(office.lines.join('')).not.toMatch(/grey|ABCDE/)
})

test('a server that greylists gets each mail again, and each arrives once', async () => {
  const seen = new Set<string>()
  await using sink = await startSmtpSink({
    refuse: (to) => {
      if (seen.has(to)) return undefined
      seen.add(to)
      return '451 4.7.1 greylisted, come again'
    },
  })
  await using office = await openPostOffice({ smtpUrl: sink.url })
  await office.post(...birds.map((to) => notice(to)))
  await until(async () => (await office.counts()).retried === 3)
  expect(sink.mails).toEqual([])
  await office.timePasses()
  await until(async () => (await office.counts()).done === 3)
  expect(sink.mails.flatMap((mail) => mail.recipients).toSorted()).toEqual(birds.toSorted())
  expect(sink.asked).toHaveLength(6)
})

test('an address that is refused for good is dead at once, and is not asked for again: by that community', async () => {
  const [grey = '', white = ''] = birds
  await using sink = await startSmtpSink({
    refuse: (to) => (to === grey ? '550 5.1.1 no such mailbox' : undefined),
  })
  await using office = await openPostOffice({ smtpUrl: sink.url })
  await office.post(notice(grey), notice(white))
  await until(async () => (await office.counts()).done === 1 && (await office.counts()).dead === 1)
  expect(await office.suppression(1 as CommunityId, grey.toUpperCase())).toMatchObject({ code: 550 })
  await office.post(notice(grey))
  await until(async () => (await office.counts()).dead === 2)
  expect(sink.asked.filter((to) => to === grey)).toHaveLength(1)
  await office.post(notice(grey, 2))
  await until(async () => (await office.counts()).dead === 3)
  expect(sink.asked.filter((to) => to === grey)).toHaveLength(2)
  expect((await office.rows()).map((row) => row.attempts)).toEqual([1, 1, 1, 1])
  expect(office.lines.join('')).not.toContain(grey)
})

test.each(['550 5.7.1 we do not like you', '552 5.2.2 mailbox full', '554 no'])(
  'a mail refused with %s is dead, and its address is none that bounces',
  async (reply) => {
    await using sink = await startSmtpSink({ refuse: () => reply })
    await using office = await openPostOffice({ smtpUrl: sink.url })
    await office.post(notice('grey@a.example'))
    await until(async () => (await office.counts()).dead === 1)
    expect(await office.suppression(1 as CommunityId, 'grey@a.example')).toBeUndefined()
    expect((await office.rows())[0]?.payload).toMatchObject({ to: 'grey@a.example' })
  },
)

test('a server that goes away behind DATA gets the same mail again, byte for byte', async () => {
  let dropped = 0
  await using sink = await startSmtpSink({ dropAfterData: () => dropped++ < 2 })
  await using office = await openPostOffice({ smtpUrl: sink.url })
  await office.post(code('grey@a.example'))
  for (const tries of [1, 2]) {
    await until(async () => (await office.counts()).retried === 1 && sink.mails.length === tries)
    await until(async () => (await office.rows()).every((row) => row.lease_until === null))
    await office.timePasses()
  }
  await until(async () => (await office.counts()).done === 1)
  expect(sink.mails).toHaveLength(3)
  const [first, ...others] = sink.mails
  for (const other of others) expect(other.bytes.equals(first?.bytes ?? Buffer.alloc(0))).toBe(true)
})

test('a domain that is slow holds some of the places, and keeps neither the others nor a request waiting', async () => {
  const { promise: thaw, resolve: release } = Promise.withResolvers<void>()
  let [busy, busiest] = [0, 0]
  await using sink = await startSmtpSink({
    async beforeReply({ recipients }) {
      if (!recipients[0]?.endsWith('@slow.example')) return
      busy += 1
      busiest = Math.max(busiest, busy)
      await thaw
      busy -= 1
    },
  })
  await using office = await openPostOffice({ smtpUrl: sink.url })
  const slow = Array.from({ length: 12 }, (_, index) => `bird${index}@slow.example`)
  await office.post(...slow.map((to) => notice(to)))
  await until(() => busy === domainMailsMax)
  const startedAt = performance.now()
  await office.post(code('grey@quick.example'))
  expect(performance.now() - startedAt).toBeLessThan(1000)
  await sink.waitForRecipients(['grey@quick.example'], 10_000)
  expect(busy).toBe(domainMailsMax)
  release()
  await until(async () => {
    await office.timePasses()
    return (await office.counts()).done === 13
  })
  expect(busiest).toBe(domainMailsMax)
  expect(sink.asked.toSorted()).toEqual([...slow, 'grey@quick.example'].toSorted())
  // What was put off for want of room has used up no try.
  expect((await office.rows()).map((row) => row.attempts - row.deferrals)).toEqual(Array(13).fill(1))
})

test('where all places are taken, a code goes before what has waited for longer', async () => {
  const thaws: (() => void)[] = []
  await using sink = await startSmtpSink({
    beforeReply: () => new Promise<void>((resolve) => void thaws.push(resolve)),
  })
  await using office = await openPostOffice({ smtpUrl: sink.url })
  const to = (count: number, name: string) =>
    Array.from({ length: count }, (_, index) => notice(`grey@${name}${index}.example`))
  await office.post(...to(concurrencyDefault, 'first'))
  await until(() => thaws.length === concurrencyDefault)
  await office.post(...to(5, 'second'))
  await office.post(code('white@quick.example'))
  thaws[0]?.()
  await until(() => sink.asked.length === concurrencyDefault + 1)
  expect(sink.asked.at(-1)).toBe('white@quick.example')
  await until(async () => {
    for (const thaw of thaws) thaw()
    return (await office.counts()).done === concurrencyDefault + 6
  })
})
