import { AtUri } from '@atproto/syntax'
import type { ImagePreset } from './image-url.ts'
import { type JsonMap, listOf, mapOf, textOf } from './json.ts'

/** What embeds are shown with: the AppView knows what is embedded of others. */
export interface EmbedViewer {
  image(preset: ImagePreset, blob: unknown): string | undefined
  ask(nsid: string, params: Record<string, string>): Promise<unknown>
}

/** The view of a post's embed; undefined where there is none, or none that can be shown before the AppView has seen to it: a video. */
export async function localEmbed(viewer: EmbedViewer, embed: unknown): Promise<JsonMap | undefined> {
  if (embed === undefined) return undefined
  const { $type, record, media } = mapOf(embed)
  if ($type === 'app.bsky.embed.record') return await recordEmbed(viewer, mapOf(record))
  if ($type !== 'app.bsky.embed.recordWithMedia') return mediaEmbed(viewer, mapOf(embed))
  const shown = mediaEmbed(viewer, mapOf(media))
  if (shown === undefined) return undefined
  const embedded = await recordEmbed(viewer, mapOf(mapOf(record)['record']))
  return { $type: 'app.bsky.embed.recordWithMedia#view', record: embedded, media: shown }
}

function mediaEmbed(viewer: EmbedViewer, { $type, images, external }: JsonMap): JsonMap | undefined {
  if ($type === 'app.bsky.embed.images') {
    return {
      $type: 'app.bsky.embed.images#view',
      images: listOf(images).map((it) => imageView(viewer, mapOf(it))),
    }
  }
  if ($type !== 'app.bsky.embed.external') return undefined
  const { uri, title, description, thumb } = mapOf(external)
  const shown = { uri, title, description, thumb: viewer.image('feed_thumbnail', thumb) }
  return { $type: 'app.bsky.embed.external#view', external: shown }
}

function imageView(viewer: EmbedViewer, { image, alt, aspectRatio }: JsonMap): JsonMap {
  const [thumb, fullsize] = [viewer.image('feed_thumbnail', image), viewer.image('feed_fullsize', image)]
  return { thumb, fullsize, alt: alt ?? '', aspectRatio }
}

async function recordEmbed(viewer: EmbedViewer, ref: JsonMap): Promise<JsonMap> {
  const uri = textOf(ref['uri']) ?? ''
  // Whatever the AppView says instead of a view: the post is shown without what it embeds.
  const found = await embedded(viewer, uri).catch(() => undefined)
  const missing = { $type: 'app.bsky.embed.record#viewNotFound', uri, notFound: true }
  return { $type: 'app.bsky.embed.record#view', record: found ?? missing }
}

async function embedded(viewer: EmbedViewer, uri: string): Promise<JsonMap | undefined> {
  switch (new AtUri(uri).collection) {
    case 'app.bsky.feed.post': {
      const [post] = listOf(mapOf(await viewer.ask('app.bsky.feed.getPosts', { uris: uri }))['posts'])
      return post === undefined ? undefined : quoted(mapOf(post))
    }
    case 'app.bsky.feed.generator': {
      const { view } = mapOf(await viewer.ask('app.bsky.feed.getFeedGenerator', { feed: uri }))
      return { ...mapOf(view), $type: 'app.bsky.feed.defs#generatorView' }
    }
    case 'app.bsky.graph.list': {
      const { list } = mapOf(await viewer.ask('app.bsky.graph.getList', { list: uri, limit: '1' }))
      return { ...mapOf(list), $type: 'app.bsky.graph.defs#listView' }
    }
    default:
      return undefined
  }
}

/** app.bsky.embed.record#viewRecord */
function quoted({ uri, cid, author, record, labels, embed, indexedAt, ...post }: JsonMap): JsonMap {
  const { replyCount, repostCount, likeCount, quoteCount } = post
  const counts = { replyCount, repostCount, likeCount, quoteCount }
  const embeds = embed === undefined ? [] : [embed]
  const $type = 'app.bsky.embed.record#viewRecord'
  return { $type, uri, cid, author, value: record, labels, ...counts, embeds, indexedAt }
}
