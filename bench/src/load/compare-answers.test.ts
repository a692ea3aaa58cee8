import { expect, test } from 'vitest'
import { compareAnswers } from './compare-answers.ts'

const answer = (body: unknown, status = 200) => ({ status, body: JSON.stringify(body) })
const uri = (did: string, rkey = 'one') => `at://did:plc:${did.repeat(24)}/app.bsky.feed.post/${rkey}`

test('answers that differ in identity, commit and the order of their fields agree', () => {
  const ours = answer({ uri: uri('a'), cid: 'same', commit: { cid: 'this', rev: '1' } })
  const theirs = answer({ cid: 'same', commit: { cid: 'that', rev: '2' }, uri: uri('b') })
  expect(compareAnswers([ours], [theirs])).toBeUndefined()
})

test('answers that differ in anything else do not agree', () => {
  const ours = answer({ uri: uri('a'), cid: 'same' })
  const others = [{ uri: uri('a', 'two'), cid: 'same' }, { uri: uri('a'), cid: 'other' }, { uri: uri('a') }]
  for (const other of others) expect(compareAnswers([ours], [answer(other)])).toContain('answers 0 differ')
})

test('an answer that is no success counts for nothing, whoever gave it', () => {
  const good = answer({})
  const bad = answer({ error: 'InvalidRequest' }, 400)
  expect(compareAnswers([good, bad], [good, bad])).toContain('an answer 400')
  expect(compareAnswers([good], [bad])).toContain('an answer 400')
})

test('tokens agree that say the same, whoever signed them and when', () => {
  const token = (claims: object, header: object = { typ: 'at+jwt', alg: 'ES256' }) =>
    [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const claims = { scope: 'com.atproto.access', iat: 100, exp: 7_300 }
  const ours = answer({ accessJwt: token(claims) })
  const later = { ...claims, iat: 500, exp: 7_700 }
  const theirs = answer({ accessJwt: token(later, { alg: 'HS256', typ: 'at+jwt' }) })
  expect(compareAnswers([ours], [theirs])).toBeUndefined()
  for (const other of [
    { ...claims, scope: 'com.atproto.refresh' },
    { ...claims, exp: 7_301 },
  ]) {
    expect(compareAnswers([ours], [answer({ accessJwt: token(other) })])).toContain('answers 0 differ')
  }
  for (const none of [token(claims, { typ: 'refresh+jwt' }), 'nonsense', null]) {
    expect(compareAnswers([ours], [answer({ accessJwt: none })])).toContain('answers 0 differ')
  }
})

test('that there is no second factor is nothing to differ in, and that there is one is', () => {
  const plain = answer({ active: true })
  expect(compareAnswers([answer({ active: true, emailAuthFactor: false })], [plain])).toBeUndefined()
  expect(compareAnswers([answer({ active: true, emailAuthFactor: true })], [plain])).toContain('differ')
})

test('documents agree that differ in keys and in where their server is', () => {
  const document = (key: string, port: number) => ({
    verificationMethod: [{ type: 'Multikey', publicKeyMultibase: `z${key.repeat(46)}` }],
    service: [{ id: '#atproto_pds', serviceEndpoint: `http://localhost:${port}` }],
  })
  expect(compareAnswers([answer(document('a', 1))], [answer(document('b', 2))])).toBeUndefined()
  const other = { ...document('b', 2), service: [] }
  expect(compareAnswers([answer(document('a', 1))], [answer(other)])).toContain('answers 0 differ')
})
