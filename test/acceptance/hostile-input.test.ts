import { createConnection } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FirehoseConsumer } from './firehose-consumer.ts'
import type { House } from './house.ts'
import { fiveServices, oneProcess } from './house-kinds.ts'
import { type Person, signUp } from './person.ts'

const post = (record: unknown) => ({ collection: 'app.bsky.feed.post', record })
const note = { $type: 'app.bsky.feed.post', text: 'hello', createdAt: '2026-01-01T00:00:00Z' }
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
const megabyte = 'a'.repeat(1_000_000)

/** [what, body of createRecord without `repo`, error name] */
const records: [string, object, string][] = [
  ['a record of more than 1 MB', post({ ...note, text: megabyte }), 'PayloadTooLarge'],
  ['a text past its lexicon', post({ ...note, text: 'a'.repeat(3001) }), 'InvalidRequest'],
  ['a missing field', post({ $type: note.$type, text: 'no date' }), 'InvalidRequest'],
  ['another type than the collection', post({ ...note, $type: 'app.bsky.feed.like' }), 'InvalidRequest'],
  [
    'an unknown type to be validated',
    { collection: 'com.example.a', record: {}, validate: true },
    'InvalidRequest',
  ],
  ['a float', { collection: 'com.example.a', record: { height: 1.5 } }, 'InvalidRequest'],
  ['an unsafe integer', { collection: 'com.example.a', record: { height: 2 ** 60 } }, 'InvalidRequest'],
  ['a bad link', { collection: 'com.example.a', record: { link: { $link: 'nonsense' } } }, 'InvalidRequest'],
  ['bad bytes', { collection: 'com.example.a', record: { bytes: { $bytes: '%%%' } } }, 'InvalidRequest'],
  ['half a surrogate pair', { collection: 'com.example.a', record: { text: '\ud800' } }, 'InvalidRequest'],
  [
    'two keys that UTF-8 makes one',
    { collection: 'com.example.a', record: { '\ud800': 1, '\udfff': 2 } },
    'InvalidRequest',
  ],
  ['a record that is no object', post('hello'), 'InvalidRequest'],
  ['a bad NSID', { collection: 'not an nsid', record: note }, 'InvalidRequest'],
  ['a collection with NUL', { collection: 'app.bsky.feed.po\u0000st', record: note }, 'InvalidRequest'],
  ['a bad record key', { ...post(note), rkey: 'a/b' }, 'InvalidRequest'],
  ['the record key ..', { ...post(note), rkey: '..' }, 'InvalidRequest'],
  ['a record key of 1 MB', { ...post(note), rkey: megabyte }, 'PayloadTooLarge'],
  ['a swapCommit that is no CID', { ...post(note), swapCommit: 'nonsense' }, 'InvalidRequest'],
  ['a blob that was never uploaded', post({ ...note, embed: pictureNobodyUploaded() }), 'BlobNotFound'],
  ['a legacy blob', { collection: 'com.example.a', record: { blob: legacyBlob() } }, 'InvalidRequest'],
]

/** [what, raw body, content type and further headers, status] */
const bodies: [string, string | Uint8Array<ArrayBuffer>, Record<string, string>, number][] = [
  ['no JSON at all', 'hello', { 'content-type': 'application/json' }, 400],
  ['truncated JSON', '{"repo":"', { 'content-type': 'application/json' }, 400],
  ['JSON 100,000 levels deep', nested(100_000), { 'content-type': 'application/json' }, 400],
  ['a body of more than 1 MB', `"${megabyte}"`, { 'content-type': 'application/json' }, 413],
  ['invalid UTF-8', Uint8Array.of(0x22, 0xff, 0xfe, 0x22), { 'content-type': 'application/json' }, 400],
  ['XML', '<a/>', { 'content-type': 'application/xml' }, 400],
  ['no content type', Uint8Array.of(1, 2, 3), {}, 400],
  ['an unknown encoding', '{}', { 'content-type': 'application/json', 'content-encoding': 'zip' }, 415],
  ['gzip that is none', '{}', { 'content-type': 'application/json', 'content-encoding': 'gzip' }, 400],
]

const queries: [string, string][] = [
  ['com.atproto.repo.getRecord', 'repo=x&collection=y'],
  ['com.atproto.repo.getRecord', `repo=${'a'.repeat(10_000)}&collection=app.bsky.feed.post&rkey=a`],
  ['com.atproto.repo.listRecords', 'repo=nobody.test&collection=app.bsky.feed.post'],
  ['com.atproto.repo.listRecords', 'repo=nobody.test&collection=app.bsky.feed.post&limit=101'],
  ['com.atproto.repo.listRecords', 'repo=nobody.test&collection=app.bsky.feed.post&limit=x'],
  ['com.atproto.repo.describeRepo', 'repo=did:plc:%00'],
  ['com.atproto.sync.getRepo', 'did=did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'],
  ['com.atproto.sync.getRepo', 'did='],
  ['com.atproto.sync.getBlocks', 'did=did:plc:aaaaaaaaaaaaaaaaaaaaaaaa&cids=nonsense'],
  ['com.atproto.sync.getBlob', 'did=did:plc:aaaaaaaaaaaaaaaaaaaaaaaa&cid=nonsense'],
  ['com.atproto.sync.listRepos', 'cursor=nonsense'],
  ['com.atproto.sync.listRepos', 'limit=1001'],
  ['com.atproto.identity.resolveHandle', 'handle=%00'],
  ['com.atproto.identity.resolveHandle', 'handle=a..b'],
  ['not-an-nsid', ''],
  ['com.atproto.repo.createRecord', ''],
  ['__proto__', '__proto__=1'],
]

describe.each([oneProcess, fiveServices])('hostile input: $name', (kind) => {
  let house: House
  let person: Person
  beforeAll(async () => {
    house = await kind.start()
    person = await signUp(house.url)
  })
  afterAll(() => house[Symbol.asyncDispose]())

  const head = async () => (await person.agent.com.atproto.sync.getLatestCommit({ did: person.did })).data
  const createRecord = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) =>
    fetch(`${house.url}/xrpc/com.atproto.repo.createRecord`, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${person.agent.session?.accessJwt}`, ...headers },
    })

  test.each(records)('createRecord refuses %s and writes nothing', async (_what, input, name) => {
    const before = await head()
    const answer = await createRecord(JSON.stringify({ repo: person.did, ...input }), {
      'content-type': 'application/json',
    })
    expect([400, 413]).toContain(answer.status)
    expect(await answer.json()).toMatchObject({ error: name, message: expect.stringMatching(/\w/) })
    expect(answer.headers.get('x-request-id')).toMatch(/\w/)
    expect(await head()).toEqual(before)
  })

  test.each(bodies)('createRecord refuses %s and writes nothing', async (_what, body, headers, status) => {
    const before = await head()
    const answer = await createRecord(body, headers)
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ error: expect.stringMatching(/\w/) })
    expect(await head()).toEqual(before)
  })

  test.each(queries)('%s is answered with a protocol error (query %#)', async (nsid, query) => {
    const answer = await fetch(`${house.url}/xrpc/${nsid}?${query}`)
    expect([400, 401]).toContain(answer.status)
    expect(await answer.json()).toMatchObject({ error: expect.stringMatching(/\w/) })
  })

  test.each([
    ['a handle of 1 MB', { handle: `${megabyte}.test` }, [400, 413]],
    ['a handle with NUL', { handle: 'a\u0000b.test' }, [400]],
    ['a foreign handle', { handle: 'somebody.example.org' }, [400]],
    ['a reserved handle', { handle: 'admin.test' }, [400]],
    ['a bad e-mail address', { email: 'nobody' }, [400]],
    ['an e-mail address with NUL', { email: 'no\u0000body@example.com' }, [400]],
    ['a password of 257 characters', { password: 'a'.repeat(257) }, [400]],
    ['a number for a password', { password: 7 }, [400]],
    ['no e-mail address', { email: undefined }, [400]],
    ['a password with half a surrogate pair', { password: 'secret\ud800' }, [400]],
  ])('createAccount refuses %s and makes no account', async (_what, fields, statuses) => {
    const account = { handle: 'fine-bird.test', email: 'fine@example.com', password: 'secret', ...fields }
    const answer = await fetch(`${house.url}/xrpc/com.atproto.server.createAccount`, {
      method: 'POST',
      body: JSON.stringify(account),
      headers: { 'content-type': 'application/json' },
    })
    expect(statuses).toContain(answer.status)
    const { data } = await person.agent.com.atproto.sync.listRepos()
    expect(data.repos.map((repo) => repo.did)).toEqual([person.did])
  })

  test.each(['gzip', 'deflate', 'br'])(
    'uploadBlob refuses what is no %s and stores nothing',
    async (encoding) => {
      const answer = await fetch(`${house.url}/xrpc/com.atproto.repo.uploadBlob`, {
        method: 'POST',
        body: 'hello, I am no archive',
        headers: {
          authorization: `Bearer ${person.agent.session?.accessJwt}`,
          'content-type': 'text/plain',
          'content-encoding': encoding,
        },
      })
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ error: 'InvalidRequest' })
    },
  )

  test('an upload that breaks off leaves no blob, and the house goes on', async () => {
    await new Promise<void>((resolve, reject) => {
      const socket = createConnection(Number(new URL(house.url).port), 'localhost', () => {
        socket.write(
          `POST /xrpc/com.atproto.repo.uploadBlob HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n` +
            `Authorization: Bearer ${person.agent.session?.accessJwt}\r\nContent-Length: 100000\r\n\r\nhalf`,
        )
        setTimeout(() => socket.destroy(), 100)
      })
      socket.on('close', () => resolve())
      socket.on('error', reject)
    })
    expect((await person.agent.com.atproto.sync.listBlobs({ did: person.did })).data.cids).toEqual([])
    expect((await fetch(`${house.url}/xrpc/_health`)).status).toBe(200)
  })

  test('bytes that are no HTTP are answered 400, and the house goes on', async () => {
    const answer = await rawRequest(house.url, 'GET /\u0000 HTTP/9.9\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 400/)
    expect((await fetch(`${house.url}/xrpc/_health`)).status).toBe(200)
  })

  test('a firehose cursor that is no number, or in the future, is told so', async () => {
    await using consumer = await FirehoseConsumer.follow(house.url, { cursor: 1_000_000 })
    await consumer.until((messages) => messages.length > 0)
    expect(consumer.messages[0]).toMatchObject({ type: 'error', body: { error: 'FutureCursor' } })
  })

  test('nothing of all this was a fault of the house', () => {
    expect(house.output()).not.toMatch(/"level":50|InternalServerError/)
  })
})

function pictureNobodyUploaded(): object {
  const ref = { $link: 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq' }
  const image = { $type: 'blob', ref, mimeType: 'image/png', size: 3 }
  return { $type: 'app.bsky.embed.images', images: [{ image, alt: '' }] }
}

function legacyBlob(): object {
  return { cid: 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq', mimeType: 'image/png' }
}

function rawRequest(url: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = createConnection(Number(new URL(url).port), 'localhost', () => socket.write(text))
    socket.on('data', (chunk) => (answer += chunk))
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}
