import { expect, test } from 'vitest'
import { DomainLanes } from './domain-lanes.ts'

test('a domain has as many places as the limit and no more, in any case; another has its own', () => {
  const lanes = new DomainLanes(2)
  const first = lanes.take('a@example.com')
  expect(lanes.take('b@EXAMPLE.com')).toBeDefined()
  expect(lanes.take('c@example.com')).toBeUndefined()
  expect(lanes.take('c@other.example.com')).toBeDefined()
  first?.[Symbol.dispose]()
  expect(lanes.take('c@example.com')).toBeDefined()
  expect(lanes.take('d@example.com')).toBeUndefined()
})
