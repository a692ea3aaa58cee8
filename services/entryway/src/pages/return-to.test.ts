import type { Community } from '@heronry/communities/community'
import { expect, test } from 'vitest'
import { returnToLengthMax } from '../limits.ts'
import { returnTo } from './return-to.ts'

const community = { publicUrl: 'https://herons.example.com' } as Community
const long = `/account/${'a'.repeat(returnToLengthMax - '/account/'.length)}`

test.each([
  ['/oauth/authorize?client_id=a&request_uri=b', '/oauth/authorize?client_id=a&request_uri=b'],
  ['https://herons.example.com/oauth/authorize?a=b', '/oauth/authorize?a=b'],
  ['/account', '/account'],
  ['/account/security/did:plc:a/passkeys', '/account/security/did:plc:a/passkeys'],
  [long, long],
  [`${long}a`, '/account'],
  [undefined, '/account'],
  ['', '/account'],
  ['/', '/account'],
  ['/accounts', '/account'],
  ['/account/passkey', '/account'],
  ['/account/../xrpc/com.atproto.server.getSession', '/account'],
  ['/oauth/authorize/redirect?request_uri=a', '/account'],
  ['/oauth/token', '/account'],
  ['//evil.example/account', '/account'],
  ['/\\evil.example/account', '/account'],
  ['\t//evil.example/account', '/account'],
  ['https://evil.example/oauth/authorize', '/account'],
  ['https://herons.example.com@evil.example/account', '/account'],
  ['http://herons.example.com/account', '/account'],
  ['javascript:alert(1)', '/account'],
  ['https://%', '/account'],
])('a sign-in that is to lead to %j leads to %j', (asked, to) => {
  expect(returnTo(community, asked)).toBe(to)
})
