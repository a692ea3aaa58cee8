import { buffer } from 'node:stream/consumers'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Did } from '@heronry/core/did'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { collectedBytesMax } from '../src/proxy/limits.ts'
import { mendedBytesMax } from '../src/read-after-write/limits.ts'
import { type ApiHouse, apiHouse } from './api-house.ts'
import type { Member } from './member.ts'
import { type RecordWriter, recordWriter } from './record-writer.ts'
import { openRequest } from './request.ts'
import { type UpstreamServer, upstreamServer } from './upstream-server.ts'

const timeline = 'app.bsky.feed.getTimeline'
const thread = 'app.bsky.feed.getPostThread'
const cdn = 'https://cdn.test'

let appView: UpstreamServer
let house: ApiHouse
beforeAll(async () => {
  appView = await upstreamServer()
  const cdnUrlPattern = `${cdn}/%s/%s/%s@jpeg`
  house = await apiHouse({
    communitySettings: { appView: { url: appView.url, did: 'did:web:appview.test' as Did, cdnUrlPattern } },
  })
})
afterAll(async () => {
  await house[Symbol.asyncDispose]()
  await appView[Symbol.asyncDispose]()
})

let member: Member
let writer: RecordWriter
/** Of the one post that the AppView knows. */
let rev: string
let members = 0
beforeEach(async () => {
  const letter = 'abcdefghijklmnopqrstuvwxyz234567'.charAt(members++)
  member = await house.member(`viewed${letter}b`)
  writer = recordWriter(house, member)
  rev = (await writer.post('old')).commit.rev
  appView.asked.length = 0
})

type Answer = { status?: number; headers?: object; body: unknown }

/** The AppView knows the member until the first post, and answers by the method's name; 404 for any other. */
function knows(answers: Record<string, Answer['body'] | ((url: URL) => Answer)>) {
  appView.will((request, response) => {
    const url = new URL(request.url ?? '', 'http://x')
    const found = answers[url.pathname.replace('/xrpc/', '')]
    const missing = { status: 404, body: { error: 'NotFound', message: 'none' } }
    const answer = typeof found === 'function' ? found(url) : found === undefined ? missing : { body: found }
    const { status = 200, headers = {}, body } = answer as Answer
    response.writeHead(status, { 'content-type': 'application/json', 'atproto-repo-rev': rev, ...headers })
    response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body))
  })
}
const ask = (nsid: string, params: Record<string, string> = {}) => house.get(nsid, params, { as: member })
const firstEmbed = async () => (await ask(timeline)).json.feed[0].post.embed

async function uploaded(text: string) {
  const headers = { 'content-type': 'image/png' }
  const body = Buffer.from(text)
  const answer = await house.ask('com.atproto.repo.uploadBlob', { as: member, method: 'POST', body, headers })
  return answer.json.blob
}
const url = (preset: string, { ref }: { ref: { $link: string } }) =>
  `${cdn}/${preset}/${member.did}/${ref.$link}@jpeg`

describe('a post that the AppView has not seen is shown', () => {
  const other = 'did:plc:otherotherotherotherothe'
  const strongRef = (uri: string) => ({
    uri,
    cid: 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a',
  })

  test('with its author as the profile says, new or old', async () => {
    const avatar = await uploaded('avatar')
    rev = (await writer.put({ displayName: 'Heron', avatar })).commit.rev
    const { uri, cid } = await writer.post('new')
    knows({ [timeline]: { feed: [] } })
    const { json } = await ask(timeline)
    const author = {
      did: member.did,
      handle: member.handle,
      displayName: 'Heron',
      avatar: url('avatar', avatar),
    }
    const counts = { replyCount: 0, repostCount: 0, likeCount: 0, quoteCount: 0 }
    const post = { uri, cid, author, record: expect.objectContaining({ text: 'new' }), ...counts }
    expect(json).toEqual({ feed: [{ post: { ...post, indexedAt: expect.any(String) } }] })
  })

  test('with its images and cards by the pattern of their addresses', async () => {
    const image = await uploaded('image')
    await writer.post('image', {
      embed: { $type: 'app.bsky.embed.images', images: [{ image, alt: 'a heron' }] },
    })
    knows({ [timeline]: { feed: [] } })
    expect(await firstEmbed()).toEqual({
      $type: 'app.bsky.embed.images#view',
      images: [
        { thumb: url('feed_thumbnail', image), fullsize: url('feed_fullsize', image), alt: 'a heron' },
      ],
    })
    const external = { uri: 'https://example.com', title: 'T', description: 'D' }
    await writer.post('card', {
      embed: { $type: 'app.bsky.embed.external', external: { ...external, thumb: image } },
    })
    expect(await firstEmbed()).toEqual({
      $type: 'app.bsky.embed.external#view',
      external: { ...external, thumb: url('feed_thumbnail', image) },
    })
  })

  test('with the post that it quotes, which the AppView is asked for in the member’s name', async () => {
    const uri = `at://${other}/app.bsky.feed.post/1`
    const image = await uploaded('image')
    const media = { $type: 'app.bsky.embed.images', images: [{ image, alt: '' }] }
    const record = { $type: 'app.bsky.embed.record', record: strongRef(uri) }
    await writer.post('quote', { embed: { $type: 'app.bsky.embed.recordWithMedia', record, media } })
    const post = {
      uri,
      cid: 'c',
      author: { did: other },
      record: { text: 'quoted' },
      likeCount: 3,
      indexedAt: 'then',
    }
    knows({ [timeline]: { feed: [] }, 'app.bsky.feed.getPosts': { posts: [post] } })
    expect(await firstEmbed()).toMatchObject({
      $type: 'app.bsky.embed.recordWithMedia#view',
      media: { $type: 'app.bsky.embed.images#view' },
      record: {
        $type: 'app.bsky.embed.record#view',
        record: {
          $type: 'app.bsky.embed.record#viewRecord',
          uri,
          value: { text: 'quoted' },
          likeCount: 3,
          embeds: [],
        },
      },
    })
    const asked = appView.asked.at(-1)
    expect(asked?.url).toBe(`/xrpc/app.bsky.feed.getPosts?uris=${encodeURIComponent(uri)}`)
    const token = decodeJwt(asked?.headers.authorization?.replace('Bearer ', '') ?? '')
    expect(token).toMatchObject({
      iss: member.did,
      aud: 'did:web:appview.test',
      lxm: 'app.bsky.feed.getPosts',
    })
  })

  test.each([
    [
      'app.bsky.feed.generator',
      'app.bsky.feed.getFeedGenerator',
      { view: { likeCount: 1 } },
      'feed.defs#generatorView',
    ],
    ['app.bsky.graph.list', 'app.bsky.graph.getList', { list: { name: 'L' } }, 'graph.defs#listView'],
    ['app.bsky.feed.post', 'app.bsky.feed.getPosts', { posts: [] }, 'embed.record#viewNotFound'],
    ['app.bsky.feed.post', 'none', {}, 'embed.record#viewNotFound'],
    ['com.example.other', 'none', {}, 'embed.record#viewNotFound'],
  ])('with an embedded %s that %s tells of', async (collection, nsid, answer, type) => {
    const record = strongRef(`at://${other}/${collection}/1`)
    await writer.post('embed', { embed: { $type: 'app.bsky.embed.record', record } })
    knows({ [timeline]: { feed: [] }, [nsid]: answer })
    expect((await firstEmbed()).record.$type).toBe(`app.bsky.${type}`)
  })
})

describe('the thread of a post that the AppView has not got', () => {
  const notFound = (parents: Record<string, object> = {}) =>
    knows({
      [thread]: (asked: URL) => {
        const parent = parents[asked.searchParams.get('uri') ?? '']
        return parent
          ? { body: { thread: parent } }
          : { status: 400, body: { error: 'NotFound', message: 'none' } }
      },
    })

  test('is built of what is known here, below what it answers', async () => {
    const [root] = writer.made
    const reply = { root, parent: root }
    const { uri, cid } = await writer.post('new', { reply })
    await writer.post('answer', { reply: { root, parent: { uri, cid } } })
    const parent = { $type: 'app.bsky.feed.defs#threadViewPost', post: { uri: root?.uri, record: {} } }
    notFound({ [root?.uri ?? '']: parent })
    for (const name of [member.did, member.handle]) {
      const got = await ask(thread, { uri: uri.replace(member.did, name), parentHeight: '7' })
      expect(got).toMatchObject({ status: 200, headers: { 'atproto-upstream-lag': expect.any(String) } })
      expect(got.json.thread).toMatchObject({
        parent,
        post: { uri },
        replies: [{ post: { record: { text: 'answer' } } }],
      })
    }
    const query = new URLSearchParams({ uri: root?.uri ?? '', depth: '0', parentHeight: '7' })
    expect(appView.asked.at(-1)?.url).toBe(`/xrpc/${thread}?${query}`)
  })

  test('is not found where we have not got it either, or it is somebody else’s', async () => {
    await writer.post('new')
    notFound()
    const unknown = `at://${member.did}/app.bsky.feed.post/unknown`
    for (const uri of [unknown, unknown.replace(member.did, 'did:plc:otherotherotherotherothe')]) {
      expect(await ask(thread, { uri })).toMatchObject({
        status: 400,
        json: { error: 'NotFound', message: 'none' },
      })
    }
  })

  test('is a post alone where the AppView has not got what it answers', async () => {
    const reply = { root: writer.made[0], parent: writer.made[0] }
    const { uri } = await writer.post('new', { reply })
    notFound()
    expect((await ask(thread, { uri })).json.thread).toMatchObject({ post: { uri }, replies: [] })
  })
})

describe('an answer', () => {
  const item = (at: string, rest: object = {}) => {
    const uri = `at://did:web:x.test/app.bsky.feed.post/${at}`
    return { post: { uri, author: { did: 'did:web:x.test' }, record: { text: at }, indexedAt: at }, ...rest }
  }
  const texts = async (params = {}) =>
    (await ask(timeline, params)).json.feed.map(
      ({ post }: { post: { record: { text: string } } }) => post.record.text,
    )
  /** A timeline with nothing in it, of so many bytes. */
  const padded = (bytes: number) => {
    const padding = 'x'.repeat(bytes - JSON.stringify({ feed: [], padding: '' }).length)
    return Buffer.from(JSON.stringify({ feed: [], padding }))
  }
  /** The bytes as they come. */
  const askRaw = async (headers: Record<string, string> = {}) => {
    const asked = { port: house.port, host: member.community.hostname, path: timeline }
    const response = await openRequest({ ...asked, headers: { ...member.session, ...headers } })
    return { response, sent: await buffer(response) }
  }
  const [future, past] = ['2999-01-01T00:00:00.000Z', '2001-01-01T00:00:00.000Z']

  test('has a new post where it belongs by time, below what is pinned and above an old post reposted once', async () => {
    await writer.post('new')
    const pinned = item(past, { reason: { $type: 'app.bsky.feed.defs#reasonPin' } })
    const reposted = item(past, { reason: { $type: 'app.bsky.feed.defs#reasonRepost', indexedAt: future } })
    knows({ [timeline]: { feed: [pinned, item(future), reposted, item(past)] } })
    expect(await texts()).toEqual([past, future, past, 'new', past])
    knows({ [timeline]: { feed: [item(past), item(future)] } })
    expect(await texts()).toEqual([past, future])
  })

  test('has no post twice, and no later page a new one', async () => {
    const { uri } = await writer.post('new')
    const known = item(past)
    knows({ [timeline]: { feed: [{ post: { ...known.post, uri } }] } })
    expect(await texts()).toEqual([past])
    knows({ [timeline]: { feed: [item(past)] } })
    expect(await texts({ cursor: 'x' })).toEqual([past])
  })

  test.each([
    ['posts_no_replies', 'plain'],
    ['posts_with_media', ''],
    ['posts_and_author_threads', 'reply,plain'],
    ['posts_with_replies', 'reply,plain'],
  ])('has only what an author’s feed is asked for by %s', async (filter, expected) => {
    await writer.post('plain')
    await writer.post('reply', { reply: { root: writer.made[0], parent: writer.made[0] } })
    knows({ 'app.bsky.feed.getAuthorFeed': { feed: [] } })
    const { json } = await ask('app.bsky.feed.getAuthorFeed', { actor: member.did, filter })
    const shown = json.feed.map(({ post }: { post: { record: { text: string } } }) => post.record.text)
    expect(shown.join()).toBe(expected)
  })

  test('of somebody else has nothing of ours', async () => {
    await writer.post('new')
    const body = { feed: [item(past)] }
    knows({ 'app.bsky.feed.getAuthorFeed': body })
    expect((await ask('app.bsky.feed.getAuthorFeed', { actor: 'x.test' })).json).toEqual(body)
  })

  test.each([
    [mendedBytesMax, true],
    [mendedBytesMax + 1, false],
  ])('that is compressed, of %i bytes, is mended and compressed again: %s', async (bytes, isMended) => {
    await writer.post('new')
    const body = gzipSync(padded(bytes))
    knows({ [timeline]: () => ({ headers: { 'content-encoding': 'gzip' }, body }) })
    const { response, sent } = await askRaw({ 'accept-encoding': 'gzip' })
    expect(response.headers['content-encoding']).toBe('gzip')
    expect(response.headers['atproto-upstream-lag'] !== undefined).toBe(isMended)
    expect(JSON.parse(gunzipSync(sent).toString()).feed).toHaveLength(isMended ? 1 : 0)
  })

  test.each([
    ['no list where one should be', { feed: 3 }],
    ['no JSON after all', Buffer.from('{"feed":[')],
    ['a time that is none', { feed: [item('yesterday')] }],
  ])('that has %s is passed on as it came', async (_what, body) => {
    await writer.post('new')
    knows({ [timeline]: () => ({ body }) })
    const sent = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
    expect((await askRaw()).sent).toEqual(sent)
  })

  test.each([
    ['told', collectedBytesMax, true],
    ['told', collectedBytesMax + 1, false],
    ['not told', collectedBytesMax, true],
    ['not told', collectedBytesMax + 1, false],
  ])('of a length that is %s, %i bytes, is mended: %s', async (told, bytes, isMended) => {
    await writer.post('new')
    const body = padded(bytes)
    const headers = told === 'told' ? { 'content-length': String(bytes) } : { 'transfer-encoding': 'chunked' }
    knows({ [timeline]: () => ({ headers, body }) })
    const got = await ask(timeline)
    expect([got.status, got.json.feed.length]).toEqual([200, isMended ? 1 : 0])
    expect(got.headers['atproto-upstream-lag'] !== undefined).toBe(isMended)
  })

  test('is passed on as it came where what it embeds takes too long', async () => {
    const record = { uri: writer.made[0]?.uri, cid: writer.made[0]?.cid }
    await writer.post('quote', { embed: { $type: 'app.bsky.embed.record', record } })
    appView.will((request, response) => {
      if (!request.url?.includes(timeline)) return
      response
        .writeHead(200, { 'content-type': 'application/json', 'atproto-repo-rev': rev })
        .end('{"feed":[]}')
    })
    expect((await ask(timeline)).json).toEqual({ feed: [] })
  })
})
