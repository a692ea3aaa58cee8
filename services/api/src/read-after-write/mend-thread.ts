import { type JsonMap, listOf, mapOf, textOf } from './json.ts'
import type { LocalRecord } from './local-records.ts'
import type { LocalViewer } from './local-viewer.ts'

const threadViewPost = 'app.bsky.feed.defs#threadViewPost'

/** A thread with the member's own replies under what they answer, where that is shown. */
export async function withOwnReplies(
  viewer: LocalViewer,
  thread: JsonMap,
  posts: readonly LocalRecord[],
): Promise<JsonMap> {
  if (thread['$type'] !== threadViewPost) return thread
  let mended = thread
  const root = rootOf(mapOf(thread['post']))
  for (const post of posts) {
    const { parent, root: rootRef } = (post.value['reply'] ?? {}) as JsonMap
    if (parent === undefined || uriOf(rootRef) !== root) continue
    const reply = { $type: threadViewPost, post: await viewer.post(post) }
    mended = withReply(mended, { parent: uriOf(parent), uri: post.uri, reply })
  }
  return mended
}

/** What a post answers in the end, or the post itself. */
function rootOf({ uri, record }: JsonMap): string | undefined {
  const { reply } = mapOf(record)
  return reply === undefined ? textOf(uri) : uriOf(mapOf(reply)['root'])
}

function uriOf(ref: unknown): string | undefined {
  return textOf(mapOf(ref)['uri'])
}

interface Inserted {
  readonly parent: string | undefined
  readonly uri: string
  readonly reply: JsonMap
}

function withReply(view: JsonMap, inserted: Inserted): JsonMap {
  if (view['$type'] !== threadViewPost) return view
  const replies = view['replies'] === undefined ? [] : listOf(view['replies']).map(mapOf)
  if (mapOf(view['post'])['uri'] !== inserted.parent) {
    if (replies.length === 0) return view
    return { ...view, replies: replies.map((reply) => withReply(reply, inserted)) }
  }
  const isThere = replies.some(({ post }) => post !== undefined && mapOf(post)['uri'] === inserted.uri)
  return isThere ? view : { ...view, replies: [inserted.reply, ...replies] }
}

/** The thread of a post that the AppView has not got, as far as it is known here, with what the post answers as the AppView has it. */
export async function ownThread(
  viewer: LocalViewer,
  { uri, posts, parentHeight }: { uri: string; posts: readonly LocalRecord[]; parentHeight: string | null },
): Promise<JsonMap | undefined> {
  const post = posts.find((local) => local.uri === uri)
  if (post === undefined) return undefined
  const { reply } = post.value
  const parent =
    reply === undefined ? undefined : await parentThread(viewer, { reply: mapOf(reply), parentHeight })
  const thread = {
    $type: threadViewPost,
    post: await viewer.post(post),
    ...(parent && { parent }),
    replies: [],
  }
  return await withOwnReplies(
    viewer,
    thread,
    posts.filter((local) => local !== post),
  )
}

async function parentThread(
  viewer: LocalViewer,
  { reply, parentHeight }: { reply: JsonMap; parentHeight: string | null },
): Promise<JsonMap | undefined> {
  const uri = uriOf(reply['parent']) ?? ''
  const asked: Record<string, string> = { uri, depth: '0' }
  if (parentHeight !== null) asked['parentHeight'] = parentHeight
  try {
    return mapOf(mapOf(await viewer.ask('app.bsky.feed.getPostThread', asked))['thread'])
  } catch {
    return undefined // The thread begins with what is known.
  }
}
