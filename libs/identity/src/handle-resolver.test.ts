import type { Handle } from '@heronry/core/handle'
import { type TestDns, testDns } from '@heronry/testing/dns'
import { type TestWeb, testWeb } from '@heronry/testing/web'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createDnsTxt } from './dns-txt.ts'
import { createHandleResolver } from './handle-resolver.ts'
import { createHttpFetch, type HttpFetch } from './http-fetch.ts'
import { wellKnownBytesMax, wellKnownRedirectsMax } from './limits.ts'
import { nameServerAddresses } from './name-servers.ts'

const handle = 'alice.example.org' as Handle
const txtName = '_atproto.alice.example.org'
const page = 'https://alice.example.org/.well-known/atproto-did'
const did = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
const otherDid = 'did:web:other.example.org'
const timeoutMs = 300

let opened: AsyncDisposableStack
let dns: TestDns
let backup: TestDns
let web: TestWeb

beforeAll(async () => {
  opened = new AsyncDisposableStack()
  dns = opened.use(await testDns())
  backup = opened.use(await testDns())
  web = opened.use(await testWeb())
})
afterAll(() => opened.disposeAsync())
beforeEach(() => {
  for (const { records, asked } of [dns, backup]) {
    records.clear()
    asked.length = 0
  }
  web.pages.clear()
  web.asked.length = 0
})

/** The time-out, the size limit and all else of the fetch are real; only where a host is to be found is told to it. */
function resolver(
  fetch: HttpFetch = createHttpFetch({ publicOnly: false, timeoutMs, bytesMax: wellKnownBytesMax }),
) {
  return createHandleResolver({
    dnsTxt: createDnsTxt({ servers: [dns.address], timeoutMs }),
    fetch: (request) => fetch({ ...request, url: web.at(request.url) }),
    timeoutMs,
    backupDnsTxt: createDnsTxt({ servers: [backup.address], timeoutMs }),
  })
}

describe('a handle is resolved', () => {
  test('by its TXT record, and then nobody else is asked', async () => {
    dns.records.set(txtName, [`did=${did}`])
    expect(await resolver().resolve(handle)).toBe(did)
    expect(dns.asked).toEqual([txtName])
    expect([web.asked, backup.asked]).toEqual([[], []])
  })

  test('by one record among others, and one that comes in pieces', async () => {
    const long = `did:web:${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(30)}.org`
    dns.records.set(txtName, ['v=spf1 -all', `did=${long}`])
    expect(await resolver().resolve(handle)).toBe(long)
  })

  test('by its well-known document where there is no record, the first line counts', async () => {
    web.pages.set(page, { body: ` ${did} \nhello` })
    expect(await resolver().resolve(handle)).toBe(did)
    expect(web.asked).toEqual([page])
  })

  test('by the backup name servers where the others know nothing', async () => {
    backup.records.set(txtName, [`did=${did}`])
    expect(await resolver().resolve(handle)).toBe(did)
    expect([dns.asked, web.asked]).toEqual([[txtName], [page]])
  })

  test('although the name server of the system does not answer in its time', async () => {
    dns.records.set(txtName, 'silent')
    web.pages.set(page, { body: did })
    const begun = performance.now()
    expect(await resolver().resolve(handle)).toBe(did)
    expect(performance.now() - begun).toBeGreaterThan(timeoutMs / 2)
  })

  test('although its host does not answer in its time', async () => {
    web.pages.set(page, 'silent')
    backup.records.set(txtName, [`did=${did}`])
    expect(await resolver().resolve(handle)).toBe(did)
  })
})

describe('a handle is not resolved', () => {
  test.each([
    ['two records that differ', [`did=${did}`, `did=${otherDid}`]],
    ['two records that do not', [`did=${did}`, `did=${did}`]],
    ['a record that is no DID', ['did=alice']],
    ['a record of something else', [did]],
  ])('by %s', async (_, texts) => {
    dns.records.set(txtName, texts)
    expect(await resolver().resolve(handle)).toBeNull()
  })

  test.each([
    ['a document that is no DID', { body: '<html>' }],
    ['an empty document', { body: '' }],
    ['a document that is not found', { status: 404, body: did }],
    ['a server that fails', { status: 500, body: did }],
    ['a redirect to nowhere', { status: 302, headers: { location: 'ftp://alice.example.org/' } }],
    ['a redirect without a place', { status: 302, body: did }],
  ])('by %s', async (_, answer) => {
    web.pages.set(page, answer)
    expect(await resolver().resolve(handle)).toBeNull()
  })
})

test('a document of the limit is read, one byte more is not', async () => {
  const filled = (bytes: number) => `${did}\n`.padEnd(bytes, 'x')
  web.pages.set(page, { body: filled(wellKnownBytesMax) })
  expect(await resolver().resolve(handle)).toBe(did)
  web.pages.set(page, { body: filled(wellKnownBytesMax + 1) })
  expect(await resolver().resolve(handle)).toBeNull()
})

test('so many redirects are followed, one more is not', async () => {
  const hop = (n: number) => (n === 0 ? page : `https://hop${n}.example.org/`)
  for (let n = 0; n < wellKnownRedirectsMax; n++) {
    web.pages.set(hop(n), { status: 301, headers: { location: hop(n + 1) } })
  }
  web.pages.set(hop(wellKnownRedirectsMax), { body: did })
  expect(await resolver().resolve(handle)).toBe(did)
  web.pages.set(hop(wellKnownRedirectsMax), { status: 302, headers: { location: '/last' } })
  web.pages.set('https://hop3.example.org/last', { body: did })
  expect(await resolver().resolve(handle)).toBeNull()
})

test('redirects and answer together have one time, however quick each of them is', async () => {
  const delayMs = 0.6 * timeoutMs
  web.pages.set(page, { status: 302, headers: { location: '/next' }, delayMs })
  web.pages.set('https://alice.example.org/next', { body: did, delayMs })
  expect(await resolver().resolve(handle)).toBeNull()
  web.pages.set(page, { body: did, delayMs })
  expect(await resolver().resolve(handle)).toBe(did)
})

test.each(['https://127.0.0.1/', 'http://example.org/', 'https://169.254.169.254/latest', 'https://[::1]/x'])(
  'a redirect to %s is stopped by the guard',
  async (location) => {
    web.pages.set(page, { status: 302, headers: { location } })
    web.pages.set(location, { body: did })
    const guarded = createHttpFetch({ publicOnly: true, timeoutMs })
    const open = createHttpFetch({ publicOnly: false, timeoutMs })
    // The first question goes to the test's own host, which is inside; everything that a stranger chose goes through the guard.
    const fetch: HttpFetch = (request) =>
      request.url === page ? open({ ...request, url: web.at(page) }) : guarded(request)
    const { resolve } = createHandleResolver({
      dnsTxt: createDnsTxt({ servers: [dns.address], timeoutMs }),
      fetch,
      timeoutMs,
    })
    expect(await resolve(handle)).toBeNull()
    expect(web.asked).toEqual([page])
  },
)

test('name servers are addresses or hosts, with a port or without; what cannot be found is left out', async () => {
  const named = ['1.1.1.1', '1.1.1.1:5353', '2606:4700::1', '[2606:4700::1]:53', 'a b', '']
  expect(await nameServerAddresses(named)).toEqual([
    '1.1.1.1',
    '1.1.1.1:5353',
    '2606:4700::1',
    '[2606:4700::1]:53',
  ])
  expect((await nameServerAddresses(['localhost:53']))[0]).toMatch(/^(127\.0\.0\.1|\[::1\]):53$/)
})
