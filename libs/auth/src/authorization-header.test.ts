import { expect, test } from 'vitest'
import { requireAuthorization, requireBearer } from './authorization-header.ts'

test.each([
  ['Bearer abc', 'bearer'],
  ['bEARER abc', 'bearer'],
  ['Basic abc', 'basic'],
  ['DPoP abc', 'dpop'],
])('%s is understood', (header, scheme) => {
  expect(requireAuthorization(header)).toEqual({ scheme, credentials: 'abc' })
})

test.each([
  [undefined, 'AuthMissing', 'Authentication Required'],
  ['', 'InvalidToken', 'Malformed authorization header'],
  ['Bearer', 'InvalidToken', 'Malformed authorization header'],
  ['Bearer a b', 'InvalidToken', 'Malformed authorization header'],
  ['Digest abc', 'InvalidToken', 'Unsupported authorization type: Digest'],
])('%s is refused as %s', (header, code, message) => {
  expect(() => requireAuthorization(header)).toThrow(expect.objectContaining({ code, message }))
})

test('only a bearer brings a session token', () => {
  expect(requireBearer('Bearer abc')).toBe('abc')
  expect(() => requireBearer('Basic abc')).toThrow('A session token is expected')
})
