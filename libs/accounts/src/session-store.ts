import { randomBytes } from 'node:crypto'
import type { ActorId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'

export interface SessionRow {
  readonly id: string
  readonly actorId: ActorId
  readonly expiresAt: Date
  readonly appPasswordName: string | null
}

export interface LockedSession extends SessionRow {
  /** What it was rotated to. */
  readonly nextId: string | null
}

/** 32 random bytes, as the reference writes them. */
export function newSessionId(): string {
  return randomBytes(32).toString('base64')
}

export async function insertSession(tx: Transaction, session: SessionRow): Promise<void> {
  const { id, actorId, expiresAt, appPasswordName } = session
  await tx
    .insertInto('session')
    .values({ id, actor_id: actorId, expires_at: expiresAt, app_password_name: appPasswordName })
    .execute()
}

/** The actor's session of that id, locked: of two that rotate it at once, the second waits and sees what the first did. */
export async function lockSession(
  tx: Transaction,
  { id, actorId }: { id: string; actorId: ActorId },
): Promise<LockedSession | undefined> {
  return await tx
    .selectFrom('session')
    .select([
      'id',
      'actor_id as actorId',
      'expires_at as expiresAt',
      'app_password_name as appPasswordName',
      'next_id as nextId',
    ])
    .where('id', '=', id)
    .where('actor_id', '=', actorId)
    .forUpdate()
    .$narrowType<{ actorId: ActorId }>()
    .executeTakeFirst()
}

export async function supersedeSession(
  tx: Transaction,
  { id, nextId, expiresAt }: { id: string; nextId: string; expiresAt: Date },
): Promise<void> {
  await tx
    .updateTable('session')
    .set({ next_id: nextId, expires_at: expiresAt })
    .where('id', '=', id)
    .execute()
}

/** Rows that another rotation is looking at are left to it. */
export async function deleteExpiredSessions(
  tx: Transaction,
  { actorId, now }: { actorId: ActorId; now: Date },
): Promise<void> {
  await tx
    .deleteFrom('session')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('session')
        .select('id')
        .where('actor_id', '=', actorId)
        .where('expires_at', '<=', now)
        .forUpdate()
        .skipLocked(),
    )
    .execute()
}
