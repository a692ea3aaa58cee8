import type { Handle } from '@heronry/core/handle'
import { createLogger } from '@heronry/telemetry/logger'
import { testDns } from '@heronry/testing/dns'
import { testDatabase } from '@heronry/testing/postgres'
import { expect, test } from 'vitest'
import { openResolver } from './open-resolver.ts'

test('the backup name servers of the configuration know a handle that nobody else knows', async () => {
  await using opened = new AsyncDisposableStack()
  const { db } = opened.use(await testDatabase())
  const dns = opened.use(await testDns())
  const did = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
  dns.records.set('_atproto.nobody.invalid', [`did=${did}`])
  const identity = {
    timeoutMs: 200,
    staleAfterMs: 1000,
    expiresAfterMs: 1000,
    publicOnly: true,
    responseBytesMax: 1000,
  }
  const logger = createLogger({ service: 'test', level: 'fatal', enabled: false })
  const open = (backupNameServers: string[]) =>
    openResolver(
      { db, logger },
      { plc: { url: 'http://127.0.0.1:1' }, identity: { ...identity, backupNameServers } },
    )
  const handle = 'nobody.invalid' as Handle
  expect(await open(['nosuch.invalid', dns.address]).handles.resolve(handle)).toBe(did)
  expect(await open([]).handles.resolve(handle)).toBeNull()
})
