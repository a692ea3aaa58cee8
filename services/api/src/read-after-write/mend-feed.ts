import { type JsonMap, listOf, mapOf, textOf } from './json.ts'
import type { LocalRecord, LocalRecords } from './local-records.ts'
import type { LocalViewer } from './local-viewer.ts'

/** The answer's feed with the member's own posts as their author is called now. */
export function withOwnAuthor(viewer: LocalViewer, answer: JsonMap, { profile }: LocalRecords): JsonMap {
  const feed = listOf(answer['feed'])
  if (profile === undefined) return answer
  return { ...answer, feed: feed.map((item) => withAuthor(viewer, mapOf(item), profile.value)) }
}

function withAuthor(viewer: LocalViewer, item: JsonMap, profile: JsonMap): JsonMap {
  const post = mapOf(item['post'])
  const author = mapOf(post['author'])
  if (author['did'] !== viewer.actor.did) return item
  return { ...item, post: { ...post, author: viewer.withProfile(author, profile) } }
}

/**
 * The answer's feed with posts of the member's where they belong by time. What is older than the page's last item belongs to a later page, and
 * a later page (by `cursor`) is given nothing: what is new was on the first.
 */
export async function withOwnPosts(
  viewer: LocalViewer,
  answer: JsonMap,
  { posts, cursor }: { posts: readonly LocalRecord[]; cursor: string | null },
): Promise<JsonMap> {
  const feed = listOf(answer['feed']).map(mapOf)
  if (cursor !== null && cursor !== '') return answer
  const known = new Set(feed.map((item) => mapOf(item['post'])['uri']))
  const last = feed.at(-1)
  const since = last === undefined ? '' : shownAt(last)
  for (const post of posts) {
    if (known.has(post.uri) || post.indexedAt <= since) continue
    const place = feed.findIndex((item) => !isPinned(item) && shownAt(item) < post.indexedAt)
    feed.splice(place === -1 ? feed.length : place, 0, { post: await viewer.post(post) })
  }
  return { ...answer, feed }
}

/** When an item came into the feed: a repost is younger than its post. ISO 8601. */
function shownAt(item: JsonMap): string {
  const { $type, indexedAt } = (item['reason'] ?? {}) as JsonMap
  const at = $type === 'app.bsky.feed.defs#reasonRepost' ? indexedAt : mapOf(item['post'])['indexedAt']
  return new Date(textOf(at) ?? '').toISOString()
}

function isPinned({ reason }: JsonMap): boolean {
  return ((reason ?? {}) as JsonMap)['$type'] === 'app.bsky.feed.defs#reasonPin'
}

/** Whether an author's feed shows a post under its `filter`. */
export function fitsFilter(filter: string | null, { value }: LocalRecord, did: string): boolean {
  const { reply, embed } = value
  const { $type, media } = (embed ?? {}) as JsonMap
  const kind = $type === 'app.bsky.embed.recordWithMedia' ? ((media ?? {}) as JsonMap)['$type'] : $type
  switch (filter) {
    case 'posts_no_replies':
      return reply === undefined
    case 'posts_and_author_threads':
      return reply === undefined || rootOf(reply).startsWith(`at://${did}/`)
    case 'posts_with_media':
      return kind === 'app.bsky.embed.images' || kind === 'app.bsky.embed.video'
    case 'posts_with_video':
      return kind === 'app.bsky.embed.video'
    default:
      return true
  }
}

function rootOf(reply: unknown): string {
  return textOf(mapOf(mapOf(reply)['root'])['uri']) ?? ''
}
