import type { ServerResponse } from 'node:http'
import { AtUri } from '@atproto/syntax'
import { InvalidRequestError } from '@atproto/xrpc-server'
import { type Did, isDid } from '@heronry/core/did'
import { LRUCache } from 'lru-cache'
import { askJson } from './ask-json.ts'
import { feedMaxAgeMs, feedsRememberedMax } from './limits.ts'
import type { Upstream } from './upstream.ts'
import type { Upstreams } from './upstreams.ts'

/** Whose answer getFeed shows: its token goes to that service, by way of the AppView, for this method. */
export const feed = {
  nsid: 'app.bsky.feed.getFeed',
  lxm: 'app.bsky.feed.getFeedSkeleton',
  serviceId: 'bsky_fg',
} as const

export interface FeedAsked {
  /** With the parameter `feed`. */
  readonly url: string
  /** Knows the record of the feed. */
  readonly appView: Upstream
  readonly caller: string
  readonly client: ServerResponse
}

/** The services behind feeds, as their records have them, for a moment. */
export class FeedDids {
  readonly #upstreams: Upstreams
  readonly #known = new LRUCache<string, Did>({ max: feedsRememberedMax, ttl: feedMaxAgeMs })

  constructor(upstreams: Upstreams) {
    this.#upstreams = upstreams
  }

  /** Throws `InvalidRequest` for no feed, `UnknownFeed` for one without a service, and what the AppView answers. */
  async find({ url, appView, ...asking }: FeedAsked): Promise<Did> {
    const uri = readFeed(url)
    const key = `${appView.did} ${uri}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const { hostname: repo, collection, rkey } = uri
    const path = `/xrpc/com.atproto.repo.getRecord?${new URLSearchParams({ repo, collection, rkey })}`
    const did = didIn(await askJson(this.#upstreams, { ...asking, upstream: appView, path }))
    this.#known.set(key, did)
    return did
  }
}

function readFeed(url: string): AtUri {
  const text = new URLSearchParams(url.split('?')[1]).get('feed') ?? ''
  try {
    return new AtUri(text)
  } catch (cause) {
    throw new InvalidRequestError('feed must be a valid at-uri', undefined, { cause })
  }
}

function didIn(answer: Buffer): Did {
  const { value } = readJson(answer) as { value?: { did?: unknown } }
  const did = value?.did
  if (typeof did === 'string' && isDid(did)) return did
  throw new InvalidRequestError('could not resolve feed did', 'UnknownFeed')
}

function readJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) ?? {}
  } catch {
    return {} // Whatever it is, it names no service.
  }
}
