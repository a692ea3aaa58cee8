import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'

export type JobState = 'waiting' | 'running' | 'retrying' | 'done' | 'dead'

/** A job as who looks after it sees it. */
export interface JobView {
  readonly id: bigint
  readonly label: string | null
  readonly state: JobState
  readonly createdAt: Date
  /** When it is due, or due again. */
  readonly runAt: Date
  /** When it was done, or given up. */
  readonly endedAt: Date | null
  /** Starts that counted. */
  readonly tries: number
  readonly error: string | null
  /** Null when it is done. */
  readonly payload: unknown
}

export interface JobFilter {
  readonly queue: string
  /** `open`: neither done nor dead. */
  readonly which: 'open' | 'dead' | 'all'
  /** Whose payload names this community: none that is done does. */
  readonly communityId?: CommunityId | undefined
  readonly actorId?: ActorId | undefined
  readonly limit: number
  /** Those with a smaller id. */
  readonly before?: bigint | undefined
}

/** The newest first. Read by way of job_outbox_due, job_outbox_dead or job_outbox_actor. */
export async function listJobs(db: Database, filter: JobFilter): Promise<JobView[]> {
  const { queue, which, communityId, actorId, limit, before } = filter
  let query = db
    .selectFrom('job_outbox')
    .select(['id', 'label', 'payload', 'error', 'created_at as createdAt', 'run_at as runAt'])
    .select([
      sql<JobState>`CASE WHEN done_at IS NOT NULL THEN 'done' WHEN dead_at IS NOT NULL THEN 'dead'
        WHEN lease_until IS NOT NULL THEN 'running' WHEN error IS NOT NULL THEN 'retrying' ELSE 'waiting' END`.as(
        'state',
      ),
      sql<Date | null>`coalesce(done_at, dead_at)`.as('endedAt'),
      sql<number>`attempts - deferrals`.as('tries'),
    ])
    .where('queue', '=', queue)
    .orderBy('id', 'desc')
    .limit(limit)
  if (which === 'open') query = query.where('done_at', 'is', null).where('dead_at', 'is', null)
  if (which === 'dead') query = query.where('dead_at', 'is not', null)
  if (communityId !== undefined) query = query.where(ofCommunity(communityId))
  if (actorId !== undefined) query = query.where('actor_id', '=', actorId)
  if (before !== undefined) query = query.where('id', '<', before)
  return await query.execute()
}

export function ofCommunity(communityId: CommunityId) {
  return sql<boolean>`payload ->> 'communityId' = ${String(communityId)}`
}
