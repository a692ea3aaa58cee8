import { expect, test } from 'vitest'
import { addressRanges } from './address-ranges.ts'

test.each([
  ['192.0.2.7', ['192.0.2.7', '::ffff:192.0.2.7'], ['192.0.2.6', '192.0.2.8', '::192.0.2.7']],
  ['198.51.100.0/24', ['198.51.100.0', '198.51.100.255'], ['198.51.99.255', '198.51.101.0']],
  ['2001:db8::/32', ['2001:db8::', '2001:db8:ffff:ffff::1'], ['2001:db7:ffff::', '2001:db9::']],
  ['loopback', ['127.0.0.1', '127.255.255.255', '::1', '::ffff:127.0.0.1'], ['128.0.0.0', '::2']],
  ['linklocal', ['169.254.0.1', 'fe80::1', 'febf::1'], ['169.255.0.0', 'fec0::1']],
  [
    'uniquelocal',
    ['10.1.2.3', '172.31.0.1', '192.168.0.1', 'fd00::1'],
    ['11.0.0.0', '172.32.0.0', 'fe00::1'],
  ],
])('%s holds its addresses and none beside them', (range, within, beside) => {
  const holds = addressRanges(['203.0.113.1', range])
  for (const address of within) expect(holds(address), address).toBe(true)
  for (const address of beside) expect(holds(address), address).toBe(false)
})

test('what is no address is in no range', () => {
  for (const text of ['', 'unknown', '127.0.0.1, evil', '127.0.0.1:80']) {
    expect(addressRanges(['0.0.0.0/0', '::/0'])(text)).toBe(false)
  }
})
