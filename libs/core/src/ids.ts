import type { Brand } from './brand.ts'

/** `actor.id`: an actor of one community. */
export type ActorId = Brand<bigint, 'ActorId'>

/** `community.id`. */
export type CommunityId = Brand<number, 'CommunityId'>

/** One stored copy of a repo's tree (`repo.store_id`). */
export type StoreId = Brand<bigint, 'StoreId'>

/** A firehose sequence number: positive, increasing, at most 2^53 - 1. */
export type Seq = Brand<number, 'Seq'>
