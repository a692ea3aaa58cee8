import { isWithin, type Preference } from '@heronry/accounts/preferences'
import type { MemberCredentials } from '@heronry/auth/authenticator'
import { HeronryError } from '@heronry/core/error'
import { preferencesMax } from './limits.ts'

/** What apps of this namespace keep is served by its methods. */
export const bskyNamespace = 'app.bsky'

const personalDetails = 'app.bsky.actor.defs#personalDetailsPref'
const declaredAge = 'app.bsky.actor.defs#declaredAgePref'

/** Who may see and set everything: a session with the account's own password, and the moderation service. */
export interface PreferenceRights {
  readonly isFull: boolean
}

/** A session with the account's own password; never an app's. */
export function hasFullRights(credentials: MemberCredentials): boolean {
  return credentials.type === 'session' && credentials.scope === 'com.atproto.access'
}

/** What is shown of preferences: how old somebody is to every app, since when only with full rights. */
export function shownPreferences(
  stored: readonly Preference[],
  { isFull, now }: PreferenceRights & { now: number },
): Preference[] {
  const details = stored.find(({ $type }) => $type === personalDetails)
  const shown = stored.filter(({ $type }) => isFull || $type !== personalDetails)
  const age = details && ageOf(details, now)
  if (age === undefined) return shown
  const overs = { isOverAge13: age >= 13, isOverAge16: age >= 16, isOverAge18: age >= 18 }
  return [...shown, { $type: declaredAge, ...overs }]
}

/** Whole years; undefined where there is no birth date that can be read. */
function ageOf(details: Preference, now: number): number | undefined {
  const { birthDate } = details as { birthDate?: unknown }
  const born = new Date(typeof birthDate === 'string' ? birthDate : Number.NaN)
  if (Number.isNaN(born.getTime())) return undefined
  const today = new Date(now)
  const years = today.getUTCFullYear() - born.getUTCFullYear()
  const months = today.getUTCMonth() - born.getUTCMonth()
  const hadBirthday = months > 0 || (months === 0 && today.getUTCDate() >= born.getUTCDate())
  return hadBirthday ? years : years - 1
}

/**
 * What is stored of preferences that a client sends, and which of those there are make way for it: all that it may see. Throws
 * `InvalidRequest` for one without a type, of another namespace, that the client may not set, or too many.
 */
export function preferencesToPut(sent: readonly { $type?: unknown }[], { isFull }: PreferenceRights) {
  if (sent.length > preferencesMax) {
    throw invalid(`Too many preferences: ${preferencesMax} at most`)
  }
  const preferences = sent.map(requireType).filter(({ $type }) => $type !== declaredAge)
  if (preferences.some(({ $type }) => !isWithin(bskyNamespace, $type))) {
    throw invalid(`Some preferences are not in the ${bskyNamespace} namespace`)
  }
  const forbidden = preferences.filter(({ $type }) => !isFull && $type === personalDetails)
  if (forbidden.length > 0) {
    throw invalid(
      `Do not have authorization to set preferences: ${forbidden.map(({ $type }) => $type).join(', ')}`,
    )
  }
  const replaces = (type: string) => isWithin(bskyNamespace, type) && (isFull || type !== personalDetails)
  return { preferences, replaces }
}

function requireType(preference: { $type?: unknown }): Preference {
  if (typeof preference.$type !== 'string') throw invalid('Preference is missing a $type')
  return preference as Preference
}

function invalid(message: string): HeronryError {
  return new HeronryError('InvalidRequest', message)
}
