import { type JsonMap, mapOf } from './json.ts'
import type { LocalRecords } from './local-records.ts'
import type { LocalViewer } from './local-viewer.ts'
import { fitsFilter, withOwnAuthor, withOwnPosts } from './mend-feed.ts'
import { withOwnProfile, withOwnProfiles } from './mend-profile.ts'
import { ownThread, withOwnReplies } from './mend-thread.ts'

export interface Unmended {
  /** Of the AppView, as it came. */
  readonly answer: JsonMap
  readonly params: URLSearchParams
  readonly local: LocalRecords
}

type Mend = (viewer: LocalViewer, unmended: Unmended) => JsonMap | Promise<JsonMap>

/** Whose answers show what a member has just written, and how it gets into them. They throw where an answer is not what it should be. */
export const mends: ReadonlyMap<string, Mend> = new Map<string, Mend>([
  ['app.bsky.actor.getProfile', (viewer, { answer, local }) => withOwnProfile(viewer, answer, local)],
  ['app.bsky.actor.getProfiles', (viewer, { answer, local }) => withOwnProfiles(viewer, answer, local)],
  ['app.bsky.feed.getActorLikes', (viewer, { answer, local }) => withOwnAuthor(viewer, answer, local)],
  ['app.bsky.feed.getAuthorFeed', mendAuthorFeed],
  [
    'app.bsky.feed.getTimeline',
    (viewer, { answer, params, local: { posts } }) =>
      withOwnPosts(viewer, answer, { posts, cursor: params.get('cursor') }),
  ],
  [
    'app.bsky.feed.getPostThread',
    async (viewer, { answer, local: { posts } }) => ({
      ...answer,
      thread: await withOwnReplies(viewer, mapOf(answer['thread']), posts),
    }),
  ],
])

/** Of somebody else it shows nothing of ours. */
async function mendAuthorFeed(viewer: LocalViewer, { answer, params, local }: Unmended): Promise<JsonMap> {
  if (!isOwn(viewer, params.get('actor') ?? '')) return answer
  const { did } = viewer.actor
  const posts = local.posts.filter((post) => fitsFilter(params.get('filter'), post, did))
  const renamed = withOwnAuthor(viewer, answer, local)
  return await withOwnPosts(viewer, renamed, { posts, cursor: params.get('cursor') })
}

/** What is answered where the AppView knows no such post, but we do. */
export async function threadNotFound(
  viewer: LocalViewer,
  { params, local: { posts } }: Omit<Unmended, 'answer'>,
): Promise<JsonMap | undefined> {
  const [authority = '', ...path] = (params.get('uri') ?? '').replace('at://', '').split('/')
  if (!isOwn(viewer, authority)) return undefined
  const uri = `at://${[viewer.actor.did, ...path].join('/')}`
  const thread = await ownThread(viewer, { uri, posts, parentHeight: params.get('parentHeight') })
  return thread && { thread }
}

function isOwn({ actor: { did, handle } }: LocalViewer, name: string): boolean {
  return name === did || name.toLowerCase() === handle
}
