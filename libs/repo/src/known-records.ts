import * as profile from '@heronry/lexicons/generated/app/bsky/actor/profile.defs'
import * as status from '@heronry/lexicons/generated/app/bsky/actor/status.defs'
import * as generator from '@heronry/lexicons/generated/app/bsky/feed/generator.defs'
import * as like from '@heronry/lexicons/generated/app/bsky/feed/like.defs'
import * as post from '@heronry/lexicons/generated/app/bsky/feed/post.defs'
import * as postgate from '@heronry/lexicons/generated/app/bsky/feed/postgate.defs'
import * as repost from '@heronry/lexicons/generated/app/bsky/feed/repost.defs'
import * as threadgate from '@heronry/lexicons/generated/app/bsky/feed/threadgate.defs'
import * as block from '@heronry/lexicons/generated/app/bsky/graph/block.defs'
import * as follow from '@heronry/lexicons/generated/app/bsky/graph/follow.defs'
import * as list from '@heronry/lexicons/generated/app/bsky/graph/list.defs'
import * as listblock from '@heronry/lexicons/generated/app/bsky/graph/listblock.defs'
import * as listitem from '@heronry/lexicons/generated/app/bsky/graph/listitem.defs'
import * as starterpack from '@heronry/lexicons/generated/app/bsky/graph/starterpack.defs'
import * as verification from '@heronry/lexicons/generated/app/bsky/graph/verification.defs'
import * as labelerService from '@heronry/lexicons/generated/app/bsky/labeler/service.defs'
import * as notificationDeclaration from '@heronry/lexicons/generated/app/bsky/notification/declaration.defs'
import * as chatDeclaration from '@heronry/lexicons/generated/chat/bsky/actor/declaration.defs'
import * as lexiconSchema from '@heronry/lexicons/generated/com/atproto/lexicon/schema.defs'

/** The part of a generated record schema that validation needs. */
export interface RecordSchema {
  readonly $type: string
  readonly key: string
  readonly keySchema: { matches(rkey: unknown): boolean }
  safeValidate(record: unknown): { success: true } | { success: false; reason: Error }
}

const schemas: readonly RecordSchema[] = [
  profile.main,
  status.main,
  generator.main,
  like.main,
  post.main,
  postgate.main,
  repost.main,
  threadgate.main,
  block.main,
  follow.main,
  list.main,
  listblock.main,
  listitem.main,
  starterpack.main,
  verification.main,
  labelerService.main,
  notificationDeclaration.main,
  chatDeclaration.main,
  lexiconSchema.main,
]

/** The record types whose lexicon this build knows, by NSID; the same as the reference server's, as far as their documents are public. */
export const knownRecords: ReadonlyMap<string, RecordSchema> = new Map(
  schemas.map((schema) => [schema.$type, schema]),
)
