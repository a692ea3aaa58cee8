import { l } from '@atproto/lex'
import { expect, test } from 'vitest'
import { defaultOf, fillsNothingIn } from './schema-defaults.ts'

const defaulted = l.withDefault(l.integer(), 50)

test.each([
  [defaulted, 50],
  [l.optional(defaulted), 50],
  [l.optional(l.string()), undefined],
  [l.string(), undefined],
])('a field is given its own default, or nothing', (field, value) => {
  expect(defaultOf(field)).toBe(value)
})

test.each<[string, unknown, boolean]>([
  ['optional fields', l.object({ a: l.optional(l.string()), b: l.nullable(l.boolean()) }), true],
  ['a default', l.object({ a: l.optional(defaulted) }), false],
  ['a default in an object in a list', l.object({ a: l.array(l.object({ b: defaulted })) }), false],
  ['a list of texts', l.object({ a: l.array(l.string()) }), true],
  ['what is not looked into', l.object({ a: l.ref((() => l.object({})) as never) }), false],
])('an object with %s', (_, schema, expected) => {
  expect(fillsNothingIn(schema)).toBe(expected)
})
