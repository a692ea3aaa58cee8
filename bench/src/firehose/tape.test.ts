import { expect, test } from 'vitest'
import { Tape } from './tape.ts'

test('who gets the same bytes in other pieces is like the others', () => {
  const tape = new Tape()
  expect([tape.take(0, Buffer.from('heron')), tape.end(0, 5)]).toEqual([true, true])
  expect([tape.take(0, Buffer.from('her')), tape.take(3, Buffer.from('on, stork'))]).toEqual([true, true])
  expect([tape.end(0, 5), tape.end(1, 12), tape.take(5, Buffer.from(', stork'))]).toEqual([true, true, true])
  const { bytes, ends } = tape.recorded()
  expect([Buffer.from(bytes).toString(), ends]).toEqual(['heron, stork', [5, 12]])
})

test('who gets another byte, or a message that ends elsewhere, is found out', () => {
  const tape = new Tape()
  tape.take(0, Buffer.from('heron'))
  tape.end(0, 5)
  expect(tape.take(3, Buffer.from('no'))).toBe(false)
  expect(tape.take(4, Buffer.from('m, stork'))).toBe(false)
  expect(tape.end(0, 4)).toBe(false)
})
