import { expect, test } from 'vitest'
import { smtpUrlFaults } from './smtp-url-faults.ts'

test.each([
  ['smtp://localhost'],
  ['smtp:///?sendmail=true'],
  ['smtps://user:p%40ss%25@mail.example.com:465/'],
  ['smtp://user@mail.example.com:587/?requireTLS=true'],
])('%s has no fault', (url) => {
  expect(smtpUrlFaults(url)).toEqual([])
})

test.each([
  ['smtp://user:p%@mail.example.com', '%25'],
  ['smtp://user:p%zz@mail.example.com', '%25'],
  ['smtp://me@example.com:pass@mail.example.com', '%40'],
  ['smtp://user:he#ron@mail.example.com', '%23'],
  ['smtp://user:he/ron@mail.example.com', '%2F'],
  ['smtp://user:he?ron@mail.example.com', '%3F'],
  ['smtp://user:he:ron@mail.example.com', '%3A'],
  ['smtps://user:pass@mail.example.com:587/', 'STARTTLS'],
])('%s is told how to be written, without its password', (url, told) => {
  const faults = smtpUrlFaults(url).join()
  expect(faults).toContain(told)
  expect(faults).not.toMatch(/he.?ron|example|p%/)
})
