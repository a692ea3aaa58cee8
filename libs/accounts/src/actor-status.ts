export type ActorStatus = 'active' | 'takendown' | 'suspended' | 'deactivated'

export interface StatusColumns {
  takedown_ref: string | null
  suspended_until: Date | null
  deactivated_at: Date | null
}

/**
 * What an actor is, of all that may be said of it at once: takendown > suspended > deactivated > active. A suspension ends by
 * itself: it is compared with this process's clock.
 */
export function actorStatus(columns: StatusColumns, now = Date.now()): ActorStatus {
  if (columns.takedown_ref !== null) return 'takendown'
  if (columns.suspended_until !== null && columns.suspended_until.getTime() > now) return 'suspended'
  if (columns.deactivated_at !== null) return 'deactivated'
  return 'active'
}
