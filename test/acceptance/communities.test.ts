import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askHost, askText } from './ask-host.ts'
import { FirehoseConsumer } from './firehose-consumer.ts'
import type { House } from './house.ts'
import { fiveServices, oneProcess } from './house-kinds.ts'
import { communitiesFile, herons, storks } from './two-communities.ts'

describe.each([oneProcess, fiveServices])('two communities in one house: $name', (kind) => {
  let house: House
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'heronry-communities-'))
    await writeFile(join(folder, 'communities.yaml'), communitiesFile)
    house = await kind.start({ env: { HERONRY_COMMUNITIES_FILE: join(folder, 'communities.yaml') } })
  })
  afterAll(async () => {
    await house[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  const ask = (host: string, path: string, options: { body?: object; authorization?: string } = {}) =>
    askHost(house.url, { host, path, ...options })
  const signUp = async (host: string, handle: string) => {
    const body = { handle, email: `${handle.split('.')[0]}@example.com`, password: 'secret' }
    return (await ask(host, '/xrpc/com.atproto.server.createAccount', { body })).body
  }

  test('each answers as itself', async () => {
    for (const host of [herons, storks]) {
      const { body } = await ask(host, '/xrpc/com.atproto.server.describeServer')
      expect(body).toMatchObject({ did: `did:web:${host}`, availableUserDomains: [`.${host}`] })
      expect((await ask(host, '/.well-known/did.json')).body).toMatchObject({ id: `did:web:${host}` })
    }
  })

  test('neither sees the accounts, repos, tokens, events or admin of the other, and both resolve the handles of each', async () => {
    await using heronEvents = await FirehoseConsumer.follow(house.url, { headers: { host: herons } })
    await using storkEvents = await FirehoseConsumer.follow(house.url, { headers: { host: storks } })
    const grey = await signUp(herons, 'grey.herons.test')
    const white = await signUp(storks, 'white.storks.test')

    const sameAddress = { handle: 'other.storks.test', email: 'grey@example.com', password: 'secret' }
    expect(await ask(storks, '/xrpc/com.atproto.server.createAccount', { body: sameAddress })).toMatchObject({
      status: 200,
    })
    expect(await signUp(storks, 'second.herons.test')).toMatchObject({ error: 'UnsupportedDomain' })

    const foreign = { identifier: 'grey@example.com', password: 'secret' }
    const session = await ask(herons, '/xrpc/com.atproto.server.createSession', { body: foreign })
    expect(session.body.did).toBe(grey.did)
    for (const path of [
      `com.atproto.sync.getRepo?did=${grey.did}`,
      `com.atproto.sync.getRepoStatus?did=${grey.did}`,
      `com.atproto.repo.describeRepo?repo=${grey.did}`,
    ]) {
      expect(await ask(herons, `/xrpc/${path}`), path).toMatchObject({ status: 200 })
      expect(await ask(storks, `/xrpc/${path}`), path).toMatchObject({ status: 400 })
    }
    for (const host of [herons, storks]) {
      const resolved = await ask(host, '/xrpc/com.atproto.identity.resolveHandle?handle=grey.herons.test')
      expect(resolved).toMatchObject({ status: 200, body: { did: grey.did } })
    }
    expect((await ask(herons, '/xrpc/com.atproto.sync.listRepos')).body.repos).toHaveLength(1)
    expect((await ask(storks, '/xrpc/com.atproto.sync.listRepos')).body.repos).toHaveLength(2)

    const authorization = `Bearer ${grey.accessJwt}`
    const own = '/xrpc/com.atproto.server.getSession'
    expect(await ask(herons, own, { authorization })).toMatchObject({ status: 200 })
    expect(await ask(storks, own, { authorization })).toMatchObject({
      status: 400,
      body: { error: 'InvalidToken' },
    })
    const record = { $type: 'app.bsky.feed.post', text: 'a', createdAt: '2026-01-01T00:00:00Z' }
    const body = { repo: grey.did, collection: 'app.bsky.feed.post', record }
    const write = '/xrpc/com.atproto.repo.createRecord'
    expect(await ask(storks, write, { body, authorization })).toMatchObject({ status: 400 })
    expect(await ask(herons, write, { body, authorization })).toMatchObject({ status: 200 })

    const info = `/xrpc/com.atproto.admin.getAccountInfo?did=${grey.did}`
    expect(await ask(herons, info, { authorization: basic('heron-admin') })).toMatchObject({ status: 200 })
    expect(await ask(herons, info, { authorization: basic('stork-admin') })).toMatchObject({ status: 401 })
    expect(await ask(storks, info, { authorization: basic('stork-admin') })).toMatchObject({ status: 400 })

    await heronEvents.until((messages) => messages.length >= 5)
    await storkEvents.until((messages) => messages.length >= 8)
    expect(new Set(heronEvents.messages.map((message) => message.did))).toEqual(new Set([grey.did]))
    expect(storkEvents.messages.map((message) => message.did)).toContain(white.did)
    expect(storkEvents.messages.map((message) => message.did)).not.toContain(grey.did)
  })

  test('a handle host tells only its DID', async () => {
    const { did } = await signUp(herons, 'wader.herons.test')
    const answer = await askText(house.url, {
      host: 'wader.herons.test',
      path: '/.well-known/atproto-did',
    })
    expect(answer).toEqual({ status: 200, text: did })
    expect(
      (await askText(house.url, { host: 'nobody.herons.test', path: '/.well-known/atproto-did' })).status,
    ).toBe(404)
    expect(
      (
        await askText(house.url, {
          host: 'wader.herons.test',
          path: '/xrpc/com.atproto.server.describeServer',
        })
      ).status,
    ).toBe(404)
  })

  test.each([
    ['unknown.example'],
    ['herons.test.evil.example'],
    ['evil-herons.test'],
    [''],
    ['..'],
    ['[::1]'],
    ['herons.test@evil.example'],
    ['xn--9q8h.example'],
    [`${'a'.repeat(300)}.herons.test.org`],
  ])('the Host "%s" belongs to nobody', async (host) => {
    const { status } = await askText(house.url, { host, path: '/xrpc/com.atproto.server.describeServer' })
    expect([400, 421]).toContain(status)
  })

  test.each([['HERONS.test'], ['herons.test:443'], ['herons.test.']])(
    'the Host "%s" is herons',
    async (host) => {
      const { body } = await ask(host, '/xrpc/com.atproto.server.describeServer')
      expect(body.did).toBe('did:web:herons.test')
    },
  )

  test('health answers on any host', async () => {
    expect((await ask('unknown.example', '/xrpc/_health')).status).toBe(200)
  })
})

function basic(password: string): string {
  return `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`
}
