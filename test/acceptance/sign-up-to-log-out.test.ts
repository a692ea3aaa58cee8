import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FirehoseConsumer } from './firehose-consumer.ts'
import { administrator, heronry } from './heronry-command.ts'
import type { House } from './house.ts'
import { fiveServices, oneProcess, oneProcessWithRedis } from './house-kinds.ts'
import { signUp } from './person.ts'
import { pixelPng } from './pixel-png.ts'
import { RepoVerifier } from './repo-verifier.ts'

describe.each([oneProcess, oneProcessWithRedis, fiveServices])('a house: $name', (kind) => {
  let house: House
  beforeAll(async () => {
    house = await kind.start()
  })
  afterAll(() => house[Symbol.asyncDispose]())

  test('serves the official client from sign-up to log-out', async () => {
    const { agent, did, handle, email, password } = await signUp(house.url)
    await agent.login({ identifier: email, password })
    await agent.login({ identifier: did, password })
    await agent.login({ identifier: handle, password })
    expect(agent.session).toMatchObject({ did, handle, email, active: true })

    const { data } = await agent.uploadBlob(pixelPng, { encoding: 'image/png' })
    expect(data.blob.mimeType).toBe('image/png')
    const embed = { $type: 'app.bsky.embed.images', images: [{ image: data.blob, alt: 'one pixel' }] }
    const post = await agent.post({ text: 'a heron on one leg', embed, createdAt: new Date().toISOString() })
    const picture = await fetch(blobUrl(house, did, data.blob.ref.toString()))
    expect(new Uint8Array(await picture.arrayBuffer())).toEqual(pixelPng)
    expect(picture.headers.get('content-type')).toBe('image/png')

    const like = await agent.like(post.uri, post.cid)
    await agent.upsertProfile((existing) => ({ ...existing, displayName: 'Grey' }))
    await agent.upsertProfile((existing) => ({ ...existing, description: 'waits' }))
    const profile = { repo: did, collection: 'app.bsky.actor.profile', rkey: 'self' }
    const { value } = (await agent.com.atproto.repo.getRecord(profile)).data
    expect(value).toMatchObject({ displayName: 'Grey', description: 'waits' })

    await agent.deleteLike(like.uri)
    await agent.deletePost(post.uri)
    const posts = { repo: did, collection: 'app.bsky.feed.post' }
    expect((await agent.com.atproto.repo.listRecords(posts)).data.records).toEqual([])

    await agent.sessionManager.refreshSession()
    expect((await agent.com.atproto.server.getSession()).data.did).toBe(did)
    const refreshJwt = agent.session?.refreshJwt
    await agent.logout()
    const again = await fetch(`${house.url}/xrpc/com.atproto.server.refreshSession`, {
      method: 'POST',
      headers: { authorization: `Bearer ${refreshJwt}` },
    })
    expect(await again.json()).toMatchObject({ error: 'ExpiredToken' })
  })

  test('is administered by the heronry command', async () => {
    const { did, handle, email } = await signUp(house.url)
    const run = async (...args: string[]) => {
      const ran = await heronry([...args, '--json'], { env: administrator(house) })
      return ran.code === 0 ? JSON.parse(ran.stdout) : ran
    }
    expect(await run('account', 'info', handle)).toMatchObject({ did, email, status: 'active' })
    const created = await run('account', 'create', '--handle', 'made.test', '--email', 'made@example.com')
    expect((await run('status')).accounts.total).toBeGreaterThanOrEqual(2)
    const listed = (await run('account', 'list')).map((it: { did: string }) => it.did)
    expect(listed).toEqual(expect.arrayContaining([did, created.did]))
    const [communities, verified] = await Promise.all([
      run('community', 'list'),
      run('repo', 'verify', did, created.did),
    ])
    expect(communities).toMatchObject([{ hostname: 'localhost', hasAdminPassword: true }])
    expect(verified).toMatchObject([did, created.did].map((it) => ({ did: it, problems: [] })))
  })

  test('tells the world so that an independent consumer can verify all of it', async () => {
    await using consumer = await FirehoseConsumer.follow(house.url)
    const { agent, did } = await signUp(house.url)
    const uris: string[] = []
    for (let index = 0; index < 30; index++) {
      const { uri } = await agent.post({ text: `post ${index}`, createdAt: new Date().toISOString() })
      uris.push(uri)
    }
    for (const uri of uris.filter((_, index) => index % 3 === 0)) await agent.deletePost(uri)
    await agent.upsertProfile(() => ({ displayName: 'Grey' }))
    await agent.upsertProfile(() => ({ displayName: 'Greyer' }))

    const mine = () => consumer.messages.filter((message) => message.did === did)
    await consumer.until(() => mine().length === 4 + 30 + 10 + 2)
    expect(mine().map((message) => message.type)).toEqual([
      '#identity',
      '#account',
      '#commit',
      '#sync',
      ...Array(42).fill('#commit'),
    ])
    const verifier = new RepoVerifier(house.plcUrl)
    for (const message of mine()) await verifier.accept(message)
    const car = await fetch(`${house.url}/xrpc/com.atproto.sync.getRepo?did=${did}`)
    expect(car.headers.get('content-type')).toBe('application/vnd.ipld.car')
    await verifier.expectSameRepo(did, new Uint8Array(await car.arrayBuffer()))
    expect(verifier.repos.get(did)?.records.size).toBe(21)
  })

  test('replays the same bytes to who comes back with a cursor', async () => {
    await using live = await FirehoseConsumer.follow(house.url)
    const { agent, did } = await signUp(house.url)
    for (let index = 0; index < 10; index++) await agent.post({ text: `${index}` })
    await live.until((messages) => messages.filter((message) => message.did === did).length === 14)
    const seqs = live.messages.map((message) => message.seq)
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b))

    const cursor = seqs[4] ?? 0
    await using replay = await FirehoseConsumer.follow(house.url, { cursor })
    await replay.until((messages) => messages.length >= live.messages.length - 5)
    expect(replay.messages).toEqual(live.messages.slice(5))
  })
})

function blobUrl(house: House, did: string, cid: string): string {
  return `${house.url}/xrpc/com.atproto.sync.getBlob?${new URLSearchParams({ did, cid })}`
}
