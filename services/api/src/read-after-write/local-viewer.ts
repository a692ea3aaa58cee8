import type { Actor } from '@heronry/accounts/actor'
import type { Community } from '@heronry/communities/community'
import { type ImagePreset, imageUrl } from './image-url.ts'
import { type JsonMap, textOf } from './json.ts'
import { localEmbed } from './local-embed.ts'
import type { LocalRecord } from './local-records.ts'

export interface ViewerParts {
  readonly actor: Actor
  readonly community: Community
  /** As it is now, whether or not the AppView knows it; read once it is needed. */
  readonly readProfile: () => Promise<JsonMap | undefined>
  /** A query of the AppView's, in the member's name: the JSON of its answer. */
  readonly ask: (nsid: string, params: Record<string, string>) => Promise<unknown>
}

/** Shows a member's own records as the AppView will, once it knows them. */
export class LocalViewer {
  readonly actor: Actor
  readonly ask: ViewerParts['ask']
  readonly #community: Community
  readonly #readProfile: ViewerParts['readProfile']
  #author: Promise<JsonMap> | undefined

  constructor({ actor, community, readProfile, ask }: ViewerParts) {
    this.actor = actor
    this.ask = ask
    this.#community = community
    this.#readProfile = readProfile
  }

  image(preset: ImagePreset, blob: unknown): string | undefined {
    return imageUrl(this.#community, { preset, did: this.actor.did, blob })
  }

  /** app.bsky.actor.defs#profileViewBasic */
  author(): Promise<JsonMap> {
    this.#author ??= this.#readProfile().then((profile = {}) => ({
      did: this.actor.did,
      handle: this.actor.handle ?? 'handle.invalid',
      ...this.#nameAndAvatar(profile),
    }))
    return this.#author
  }

  /** app.bsky.feed.defs#postView of a post that nobody has seen yet. */
  async post({ uri, cid, value, indexedAt }: LocalRecord): Promise<JsonMap> {
    const [author, embed] = [await this.author(), await localEmbed(this, value['embed'])]
    const counts = { replyCount: 0, repostCount: 0, likeCount: 0, quoteCount: 0 }
    return { uri, cid, author, record: value, ...(embed && { embed }), ...counts, indexedAt }
  }

  /** A view of the member, whatever its kind, with what the profile says now instead of what it said. */
  withProfile(view: JsonMap, profile: JsonMap, fields: readonly string[] = []): JsonMap {
    const shown: JsonMap = { ...view, ...this.#nameAndAvatar(profile) }
    for (const field of fields) shown[field] = profile[field]
    return shown
  }

  /** What the record leaves out is undefined, and no field of the JSON. */
  #nameAndAvatar(profile: JsonMap): JsonMap {
    return { displayName: textOf(profile['displayName']), avatar: this.image('avatar', profile['avatar']) }
  }
}
