import { serialize } from 'pg-protocol'
import { expect, test } from 'vitest'
import { bindMessage } from './bind-message.ts'

test.each([
  ['nothing', []],
  ['texts of any script', ['', 'heron', 'Größe €', '🪶'.repeat(1000), `a\u0000b`]],
  ['null and undefined', [null, undefined]],
  ['bytes, as they are', [Buffer.alloc(0), Buffer.from([0, 255, 10]), Buffer.alloc(300_000, 7)]],
  ['all of it', ['1', null, Buffer.from('x'), '{"a":1}', undefined, Buffer.alloc(70_000, 1), 't']],
  ['as many parameters as the protocol knows', Array.from({ length: 65_535 }, (_, n) => String(n))],
])('a message with %s is that of the driver', (_what, values) => {
  for (const names of [{}, { statement: 'heronry_7' }, { portal: 'p', statement: 'größe', binary: true }]) {
    const ours = bindMessage({ ...names, values })
    expect(ours.equals(serialize.bind({ ...names, values }))).toBe(true)
  }
})

test('parameters are mapped, each with its place', () => {
  const config = {
    values: [true, 5n, 'x'],
    valueMapper: (value: unknown, index: number) => `${index}${value}`,
  }
  expect(bindMessage(config).equals(bindMessage({ values: ['0true', '15', '2x'] }))).toBe(true)
})

test('more parameters than the protocol knows are refused before anything is sent', () => {
  expect(() => bindMessage({ values: Array(65_536).fill('x') })).toThrow(RangeError)
})
