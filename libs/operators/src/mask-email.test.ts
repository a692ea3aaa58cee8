import { expect, test } from 'vitest'
import { maskEmail } from './mask-email.ts'

test.each([
  ['grey@example.com', 'g***@example.com'],
  ['a@b', 'a***@b'],
  ['"a@b"@example.com', '"***@example.com'],
  ['@example.com', '***'],
  ['no address', '***'],
  ['', '***'],
])('%s is shown as %s', (email, masked) => {
  expect(maskEmail(email)).toBe(masked)
})
