import { expect, test } from 'vitest'
import { clientKey, plainAddress } from './client-key.ts'

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8::5:6:7:8:9', '2001:db8:0:5::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
])('%s is counted as %s', (ip, key) => expect(clientKey({ ip })).toBe(key))

test('neighbours beyond a /64 are counted apart', () => {
  expect(clientKey({ ip: '2001:db8:1:2::1' })).not.toBe(clientKey({ ip: '2001:db8:1:3::1' }))
})

test.each(['', 'unknown', '1.2.3.4.5', '2001:db8', ':::'])(
  '"%s", which is no address, is its own key',
  (ip) => expect(clientKey({ ip })).toBe(ip),
)

test.each([
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8::1', '2001:db8::1'],
  ['::ffff:heron', '::ffff:heron'],
])('%s is written down as %s', (ip, plain) => expect(plainAddress(ip)).toBe(plain))
