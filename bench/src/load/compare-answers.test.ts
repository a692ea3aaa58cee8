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
