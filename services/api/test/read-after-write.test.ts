import type { Did } from '@heronry/core/did'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiHouse, apiHouse } from './api-house.ts'
import type { Member } from './member.ts'
import { type RecordWriter, recordWriter } from './record-writer.ts'
import { type UpstreamServer, upstreamServer } from './upstream-server.ts'

const feedItem = (uri: string, { did, handle }: Member) => {
  const author = { did, handle, displayName: 'Once' }
  const record = { $type: 'app.bsky.feed.post', text: 'old', createdAt: '2020-01-01T00:00:00Z' }
  return { post: { uri, cid: 'bafy', author, record, indexedAt: '2020-01-01T00:00:00.000Z' } }
}

interface Written {
  member: Member
  /** The post that the AppView knows. */
  old: string
  /** After the old post, and after each of two writes. */
  revs: [string, string, string]
}

/** What the AppView answers, what is asked of it, and what a client sees of that. */
const endpoints = {
  'app.bsky.actor.getProfile': {
    params: ({ member }: Written) => ({ actor: member.did }),
    answer: ({ member, old }: Written) => feedItem(old, member).post.author,
    // biome-ignore lint/suspicious/noExplicitAny: whatever the answer is
    seen: (json: any) => json.displayName,
  },
  'app.bsky.actor.getProfiles': {
    params: ({ member }: Written) => ({ actors: [member.did, 'did:web:x.test'] }),
    answer: ({ member, old }: Written) => ({
      profiles: [feedItem(old, member).post.author, { did: 'did:web:x.test', displayName: 'X' }],
    }),
    // biome-ignore lint/suspicious/noExplicitAny: whatever the answer is
    seen: (json: any) => json.profiles.map((it: any) => it.displayName).join(),
  },
  'app.bsky.feed.getActorLikes': feed(({ member }: Written) => ({ actor: member.did })),
  'app.bsky.feed.getAuthorFeed': feed(({ member }: Written) => ({ actor: member.handle })),
  'app.bsky.feed.getTimeline': feed(() => ({ limit: '3' })),
  'app.bsky.feed.getPostThread': {
    params: ({ old }: Written) => ({ uri: old }),
    answer: ({ member, old }: Written) => ({
      thread: { $type: 'app.bsky.feed.defs#threadViewPost', ...feedItem(old, member) },
    }),
    // biome-ignore lint/suspicious/noExplicitAny: whatever the answer is
    seen: (json: any) => threadText(json.thread),
  },
}
type Endpoint = keyof typeof endpoints
const names = Object.keys(endpoints) as Endpoint[]

function feed(params: (written: Written) => Record<string, string>) {
  return {
    params,
    answer: ({ member, old }: Written) => ({ feed: [feedItem(old, member)], cursor: 'x' }),
    seen: ({ feed }: { feed: { post: { record: { text: string }; author: { displayName?: string } } }[] }) =>
      feed.map(({ post }) => `${post.record.text} by ${post.author.displayName}`).join(),
  }
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the answer is
function threadText({ post, replies = [] }: any): string {
  return [post.record.text, ...replies.map((it: object) => `(${threadText(it)})`)].join(' ')
}

const unchanged: Record<Endpoint, string> = {
  'app.bsky.actor.getProfile': 'Once',
  'app.bsky.actor.getProfiles': 'Once,X',
  'app.bsky.feed.getActorLikes': 'old by Once',
  'app.bsky.feed.getAuthorFeed': 'old by Once',
  'app.bsky.feed.getTimeline': 'old by Once',
  'app.bsky.feed.getPostThread': 'old',
}
const bothFeeds = (text: string) => ({
  'app.bsky.feed.getAuthorFeed': text,
  'app.bsky.feed.getTimeline': text,
})

/** What is written twice, and what is seen where the AppView lacks one or both; undefined: what it answered, byte by byte. */
const kinds: Record<string, { write: Write; seen: [Partial<Record<Endpoint, string>>, object] | undefined }> =
  {
    'own post': {
      write: ({ post }, at) => post(`new ${at}`),
      seen: [
        bothFeeds('new 2 by undefined,old by Once'),
        bothFeeds('new 2 by undefined,new 1 by undefined,old by Once'),
      ],
    },
    reply: {
      write: ({ post, made }, at) => post(`reply ${at}`, { reply: { root: made[0], parent: made.at(-1) } }),
      seen: [
        bothFeeds('reply 2 by undefined,old by Once'),
        {
          ...bothFeeds('reply 2 by undefined,reply 1 by undefined,old by Once'),
          'app.bsky.feed.getPostThread': 'old (reply 1 (reply 2))',
        },
      ],
    },
    'profile edit': {
      write: ({ put }, at) => put({ displayName: `Now ${at}` }),
      seen: [renamed(), renamed()],
    },
    delete: { write: ({ remove }, at) => remove(at), seen: undefined },
  }

function renamed() {
  return {
    'app.bsky.actor.getProfile': 'Now 2',
    'app.bsky.actor.getProfiles': 'Now 2,X',
    'app.bsky.feed.getActorLikes': 'old by Now 2',
    'app.bsky.feed.getAuthorFeed': 'old by Now 2',
  }
}

type Write = (writer: RecordWriter, at: 1 | 2) => Promise<{ commit: { rev: string } }>

let appView: UpstreamServer
let house: ApiHouse
beforeAll(async () => {
  appView = await upstreamServer()
  house = await apiHouse({
    communitySettings: { appView: { url: appView.url, did: 'did:web:appview.test' as Did } },
  })
})
afterAll(async () => {
  await house[Symbol.asyncDispose]()
  await appView[Symbol.asyncDispose]()
})

async function written(kind: string, write: Write): Promise<Written> {
  const member = await house.member(kind.replace(' ', ''))
  const writer = recordWriter(house, member)
  let last = await writer.post('old')
  if (kind === 'delete') for (const text of ['once', 'twice']) last = await writer.post(text)
  const [first, second] = [await write(writer, 1), await write(writer, 2)]
  const revs = [last, first, second].map(({ commit }) => commit.rev) as Written['revs']
  return { member, old: writer.made[0]?.uri ?? '', revs }
}

const json = 'application/json; charset=utf-8'

/** The AppView answers so from now on; what it sent. */
function answers(body: unknown, { status = 200, headers = {} }: { status?: number; headers?: object } = {}) {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body, null, 1))
  appView.will((_request, response) => {
    response.writeHead(status, { 'content-type': json, ...headers }).end(bytes)
  })
  return bytes
}

describe.each(Object.entries(kinds))('what the AppView lacks is shown: %s', (kind, { write, seen }) => {
  let it: Written
  beforeAll(async () => {
    it = await written(kind, write)
  })
  const ask = (name: Endpoint) => house.get(name, endpoints[name].params(it), { as: it.member })

  describe.each([1, 2] as const)('%i revs behind', (behind) => {
    test.each(names)('%s', async (name) => {
      const rev = it.revs[behind === 2 ? 0 : 1]
      const sent = answers(endpoints[name].answer(it), { headers: { 'atproto-repo-rev': rev } })
      const got = await ask(name)
      expect(got.status).toBe(200)
      if (seen === undefined) {
        expect([got.bytes, got.headers['atproto-upstream-lag']]).toEqual([sent, undefined])
        expect(got.headers['atproto-repo-rev']).toBe(rev)
        return
      }
      const expected = (seen[behind - 1] as Partial<Record<Endpoint, string>>)[name] ?? unchanged[name]
      expect(endpoints[name].seen(got.json)).toBe(expected)
      expect(Number(got.headers['atproto-upstream-lag'])).toBeLessThan(60_000)
      expect(got.headers).toMatchObject({ 'cache-control': 'private', 'content-type': json })
      expect(got.headers['atproto-repo-rev']).toBeUndefined()
    })
  })

  describe.each([
    ['up to date', { headers: () => ({ 'atproto-repo-rev': it.revs[2] }) }],
    ['without a rev', { headers: () => ({}) }],
    ['with what is no rev', { headers: () => ({ 'atproto-repo-rev': '3' }) }],
    ['no JSON', { headers: () => ({ 'atproto-repo-rev': it.revs[0], 'content-type': 'text/plain' }) }],
  ])('as it came: %s', (_state, { headers }) => {
    test.each(names)('%s', async (name) => {
      const sent = answers(endpoints[name].answer(it), { headers: headers() })
      const got = await ask(name)
      expect([got.status, got.bytes, got.headers['atproto-upstream-lag']]).toEqual([200, sent, undefined])
    })
  })

  test.each(names)('an error stays one: %s', async (name) => {
    const headers = { 'atproto-repo-rev': it.revs[0] }
    for (const [status, told] of [
      [400, 400],
      [500, 502],
    ] as const) {
      answers({ error: 'Strange', message: 'as it is' }, { status, headers })
      expect(await ask(name)).toMatchObject({ status: told, json: { error: 'Strange', message: 'as it is' } })
    }
  })
})
