import { expect, test } from 'vitest'
import { programNameLengthMax, userAgentLengthMax } from './limits.ts'
import { programName } from './program-name.ts'

const webKit = 'AppleWebKit/537.36 (KHTML, like Gecko)'

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0', 'Firefox, Linux'],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webKit} Chrome/130.0.0.0 Safari/537.36`, 'Chrome, Windows'],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webKit} Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0`,
    'Edge, Windows',
  ],
  [`Mozilla/5.0 (Linux; Android 10; K) ${webKit} Chrome/130.0.0.0 Mobile Safari/537.36`, 'Chrome, Android'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
    'Safari, iOS',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
    'Safari, macOS',
  ],
  ['Mozilla/5.0 (X11; Linux x86_64)', 'Linux'],
  ['Bluesky/1.98.0 CFNetwork/1568.200.51 Darwin/24.1.0', 'Bluesky, Apple'],
  ['goat/0.1.2', 'goat'],
  ['okhttp/4.12.0', 'okhttp'],
  ['node', 'node'],
  ['', undefined],
  [undefined, undefined],
  ['/', undefined],
  ['Mozilla/5.0', undefined],
])('%s is called %s', (userAgent, name) => expect(programName(userAgent)).toBe(name))

test('a name carries no link and no tag, and has an end', () => {
  expect(programName('https://evil.example')).toBe('https')
  expect(programName('evil.example <b>\r\nBcc: x')).toBe('evil example b Bcc x')
  expect(programName('a'.repeat(programNameLengthMax + 1))).toBe('a'.repeat(programNameLengthMax))
  const far = (length: number) => programName(`${' '.repeat(length - 'Linux'.length)}Linux`)
  expect(far(userAgentLengthMax)).toContain('Linux')
  expect(far(userAgentLengthMax + 1)).not.toContain('Linux')
})
