import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { type Actor, type ActorRow, actorColumns, actorOf } from './actor.ts'
import { actorCursor, parseActorCursor } from './actor-cursor.ts'

/** An actor with what an administrator may know of its account. */
export interface AccountSummary extends Actor {
  /** Null: hosted without an account of its own. */
  readonly email: string | null
  readonly emailConfirmedAt: Date | null
}

export interface AccountPage {
  readonly accounts: readonly AccountSummary[]
  /** Undefined where the page is not full. */
  readonly cursor: string | undefined
}

/** A community's accounts in order of their creation, then DID. Throws `InvalidRequest` for a bad cursor. */
export async function listAccounts(
  db: Database,
  { communityId, after, limit }: { communityId: CommunityId; after?: string | undefined; limit: number },
): Promise<AccountPage> {
  let query = summaries(db, communityId)
  if (after !== undefined) {
    const { createdAt, did } = parseActorCursor(after)
    query = query.where((eb) =>
      eb(eb.refTuple('actor.created_at', 'actor.did'), '>', eb.tuple(createdAt, did)),
    )
  }
  const rows = await query.orderBy('actor.created_at').orderBy('actor.did').limit(limit).execute()
  const accounts = rows.map(summaryOf)
  const last = accounts.length === limit ? accounts.at(-1) : undefined
  return { accounts, cursor: last && actorCursor(last) }
}

/** The community's account of that DID, handle or email address, the latter two in any case. */
export async function findAccount(
  db: Database,
  { communityId, name }: { communityId: CommunityId; name: string },
): Promise<AccountSummary | undefined> {
  const query = summaries(db, communityId)
  if (name.startsWith('did:')) return first(query.where('actor.did', '=', name))
  const lower = name.toLowerCase()
  if (!name.includes('@')) return first(query.where('actor.handle', '=', lower))
  return first(query.where('account.community_id', '=', communityId).where(sql`lower(email)`, '=', lower))
}

function summaries(db: Database, communityId: CommunityId) {
  return db
    .selectFrom('actor')
    .leftJoin('account', 'account.actor_id', 'actor.id')
    .select(actorColumns)
    .select(['account.email', 'account.email_confirmed_at'])
    .where('actor.community_id', '=', communityId)
}

async function first(query: ReturnType<typeof summaries>): Promise<AccountSummary | undefined> {
  const row = await query.executeTakeFirst()
  return row && summaryOf(row)
}

function summaryOf(
  row: ActorRow & { email: string | null; email_confirmed_at: Date | null },
): AccountSummary {
  return { ...actorOf(row), email: row.email, emailConfirmedAt: row.email_confirmed_at }
}
