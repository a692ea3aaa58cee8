import { expect, test } from 'vitest'
import { changeLengthMax, changesMax } from './limits.ts'
import { plcChanges } from './plc-changes.ts'
import type { PlcOperation } from './plc-operation.ts'

const before: PlcOperation = {
  type: 'plc_operation',
  rotationKeys: ['did:key:house'],
  alsoKnownAs: ['at://grey.herons.test'],
  verificationMethods: { atproto: 'did:key:old' },
  services: { atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint: 'https://old.example.com' } },
  prev: null,
  sig: 'x',
}

test('a move is told as what goes and what comes, and what stays is not', () => {
  const moved = {
    ...before,
    rotationKeys: ['did:key:own', 'did:key:house'],
    services: { atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint: 'https://new.example.com' } },
  }
  expect(plcChanges(before, moved)).toEqual([
    '+ key that may change the identity: did:key:own',
    'order of keys, the strongest first: did:key:own, did:key:house',
    '− server: https://old.example.com',
    '+ server: https://new.example.com',
  ])
  expect(plcChanges(before, before)).toEqual(['nothing'])
})

test('names, keys, services and their types are told as they were and as they will be', () => {
  const changed = {
    ...before,
    rotationKeys: ['did:key:other'],
    alsoKnownAs: ['at://white.storks.test'],
    verificationMethods: { atproto: 'did:key:new', label: 'did:key:label' },
    services: {
      atproto_pds: { type: 'Other', endpoint: 'https://old.example.com' },
      atproto_labeler: { type: 'AtprotoLabeler', endpoint: 'https://label.example.com' },
    },
  }
  expect(plcChanges(before, changed)).toEqual([
    '− key that may change the identity: did:key:house',
    '+ key that may change the identity: did:key:other',
    '− server: https://old.example.com',
    '+ server (Other): https://old.example.com',
    '− signing key atproto: did:key:old',
    '+ signing key atproto: did:key:new',
    '+ signing key label: did:key:label',
    '+ service atproto_labeler (AtprotoLabeler): https://label.example.com',
    '− name: at://grey.herons.test',
    '+ name: at://white.storks.test',
  ])
})

test('a key that comes is told, whatever is written beside it', () => {
  const alsoKnownAs = Array.from({ length: 2 * changesMax }, (_, index) => `at://n${index}`)
  const lines = plcChanges(before, {
    ...before,
    alsoKnownAs,
    rotationKeys: ['did:key:house', 'did:key:thief'],
  })
  expect(lines[0]).toBe('+ key that may change the identity: did:key:thief')
})

test('an order is told where it changes, and not where something goes or comes behind', () => {
  const keys = (...rotationKeys: string[]) => ({ ...before, rotationKeys })
  const lines = plcChanges(keys('a', 'b', 'c'), keys('b', 'a', 'c'))
  expect(lines).toEqual(['order of keys, the strongest first: b, a, c'])
  expect(plcChanges(keys('a', 'b'), keys('b', 'c'))).toEqual([
    '− key that may change the identity: a',
    '+ key that may change the identity: c',
  ])
  const names = (...alsoKnownAs: string[]) => ({ ...before, alsoKnownAs })
  expect(plcChanges(names('at://a', 'at://b'), names('at://b', 'at://a'))).toEqual([
    'order of names: at://b, at://a',
  ])
})

test('what somebody writes into an operation makes no lines of its own', () => {
  const names = ['at://a\nDear member,\u2028send your code']
  expect(plcChanges(before, { ...before, alsoKnownAs: [...before.alsoKnownAs, ...names] })).toEqual([
    '+ name: at://a Dear member, send your code',
  ])
})

test('as many lines as the limit are told, of one more its number; a line ends at its limit', () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `at://n${index}`)
  const changed = (alsoKnownAs: string[]) =>
    plcChanges({ ...before, alsoKnownAs: [] }, { ...before, alsoKnownAs })
  expect(changed(names(changesMax))).toHaveLength(changesMax)
  expect(changed(names(changesMax)).at(-1)).toContain('at://n')
  expect(changed(names(changesMax + 1)).at(-1)).toBe('and 1 more')
  const line = (length: number) => changed(['x'.repeat(length - '+ name: '.length)])[0]
  expect(line(changeLengthMax)).toMatch(/x{9}$/)
  expect(line(changeLengthMax + 1)).toMatch(/x{9}…$/)
  expect(line(changeLengthMax + 1)).toHaveLength(changeLengthMax)
})
