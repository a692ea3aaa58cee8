import { startSmtpSink } from '@heronry/testing/smtp-sink'
import { expect, test } from 'vitest'
import { code, notice, openPostOffice, until } from './post-office.ts'

test('a mail that an older version wrote, without what came since, is sent, each try the same bytes', async () => {
  let dropped = 0
  await using sink = await startSmtpSink({ dropAfterData: () => dropped++ < 2 })
  await using office = await openPostOffice({ smtpUrl: sink.url })
  const { at: _at, brand: _brand, links: _links, ...plain } = notice('grey@a.example')
  const { at: _codeAt, mail, ...bare } = code('white@a.example')
  const { validMinutes: _validMinutes, ...oldCode } = mail as { validMinutes?: number }
  await office.post(plain as never, { ...bare, mail: oldCode } as never)
  await until(async () => (await office.counts()).retried === 2)
  await until(async () => (await office.rows()).every((row) => row.lease_until === null))
  await office.timePasses()
  await until(async () => (await office.counts()).done === 2)
  const rows = await office.rows()
  for (const [index, to] of ['grey@a.example', 'white@a.example'].entries()) {
    const [first, second, ...others] = sink.mails.filter(({ recipients }) => recipients.includes(to))
    expect(others).toEqual([])
    expect(second?.bytes.equals(first?.bytes ?? Buffer.alloc(0))).toBe(true)
    const whole = Math.floor((rows[index]?.created_at.getTime() ?? 0) / 1000) * 1000
    expect(new Date(second?.date ?? 0).getTime()).toBe(whole)
  }
  const [codeMail] = sink.mails.filter(({ recipients }) => recipients.includes('white@a.example'))
  expect(codeMail?.text).toContain('for 15 minutes from when it was asked for')
})

test('a mail of which nobody knows what it should say is dead, and kept', async () => {
  await using sink = await startSmtpSink()
  await using office = await openPostOffice({ smtpUrl: sink.url })
  const mail = { template: 'of another version', values: {} }
  await office.post({ ...notice('grey@a.example'), mail } as never)
  await until(async () => (await office.counts()).dead === 1)
  expect(sink.asked).toEqual([])
  expect((await office.rows())[0]?.payload).toMatchObject({ to: 'grey@a.example' })
})
