import { expect, test } from 'vitest'
import { totpDriftSteps, totpStepMs } from './limits.ts'
import { base32, matchTotp, newTotpSecret, totpCode, totpStep, totpUri } from './totp.ts'

/** Of RFC 6238, appendix B. */
const secret = Buffer.from('12345678901234567890')

test.each([
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
])('at second %i the code is the end of what RFC 6238 says', (second, digits) => {
  expect(totpCode(secret, totpStep(second * 1000))).toBe(digits.slice(-6))
})

test('a clock may be wrong by one step, before or after, and by no more', () => {
  const now = 1_111_111_109_000
  const shownAt = (steps: number) => totpCode(secret, totpStep(now + steps * totpStepMs))
  for (let steps = -totpDriftSteps; steps <= totpDriftSteps; steps++) {
    const taken = matchTotp(secret, { code: shownAt(steps), now, lastStep: null })
    expect(taken).toBe(totpStep(now) + BigInt(steps))
  }
  for (const steps of [-totpDriftSteps - 1, totpDriftSteps + 1]) {
    expect(matchTotp(secret, { code: shownAt(steps), now, lastStep: null })).toBeUndefined()
  }
})

test('a code is void once it or a later one was taken', () => {
  const now = 1_111_111_109_000
  const step = totpStep(now)
  const code = totpCode(secret, step)
  expect(matchTotp(secret, { code, now, lastStep: step - 1n })).toBe(step)
  expect(matchTotp(secret, { code, now, lastStep: step })).toBeUndefined()
  expect(matchTotp(secret, { code, now, lastStep: step + 1n })).toBeUndefined()
})

test.each(['', '28708', '2870820', 'abcdef', '２８７０８２'])('%j is no code', (code) => {
  expect(matchTotp(secret, { code, now: 59_000, lastStep: null })).toBeUndefined()
})

test('an app is told a secret of 160 bits, of whom, and nothing that breaks out of its place', () => {
  expect(newTotpSecret()).toHaveLength(20)
  expect(base32(secret)).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
  const uri = new URL(totpUri({ secret: base32(secret), issuer: 'A & B: /?', account: 'grey.test' }))
  expect(decodeURIComponent(uri.pathname)).toBe('/A & B: /?:grey.test')
  expect(Object.fromEntries(uri.searchParams)).toEqual({
    secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    issuer: 'A & B: /?',
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  })
})
