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
    '− server: https://old.example.com',
    '+ server: https://new.example.com',
    '+ key that may change the identity: did:key:own',
  ])
  expect(plcChanges(before, before)).toEqual(['nothing, or an order alone'])
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
  expect(changed(['x'.repeat(1000)])[0]).toHaveLength(changeLengthMax + 2)
})
