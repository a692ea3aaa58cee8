import { findActor } from '@heronry/accounts/actor'
import { listPreferences } from '@heronry/accounts/preferences'
import type { Auth } from '@heronry/auth/create-auth'
import type { Community } from '@heronry/communities/community'
import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import * as actor from '@heronry/lexicons/generated/app/bsky/actor'
import { method } from '@heronry/xrpc/method'
import { assertMayAskAppView, isForAnother } from '../../../../own-app-view.ts'
import { bskyNamespace, hasFullRights, shownPreferences } from '../../../../preferences.ts'

const lxm = actor.getPreferences.$lxm

/** The session's own; the moderation service names whose, by `did`. */
export const getPreferences = ({ auth, db, clock }: { auth: Auth; db: Database; clock: Clock }) =>
  method(actor.getPreferences, {
    isPassedOn: isForAnother,
    auth: auth.sessionOrModerator({ reach: 'standard', acceptTakendown: true, acceptNarrowed: true }),
    handler: async ({ auth: credentials, community, req }) => {
      const isModerator = credentials.type === 'moderator'
      if (!isModerator) assertMayAskAppView(credentials, { community, lxm })
      const { id } = isModerator ? await namedActor(db, { community, url: req.raw.url }) : credentials.actor
      const stored = await listPreferences(db, { actorId: id, namespace: bskyNamespace })
      const isFull = isModerator || hasFullRights(credentials)
      const shown = shownPreferences(stored, { isFull, now: clock.now() })
      return {
        encoding: 'application/json; charset=utf-8',
        buffer: Buffer.from(JSON.stringify({ preferences: shown })),
      }
    },
  })

async function namedActor(
  db: Database,
  { community, url }: { community: Community; url: string | undefined },
) {
  const did = new URLSearchParams((url ?? '').split('?')[1]).get('did')
  if (did === null) throw new HeronryError('InvalidRequest', 'did is missing: whose preferences?')
  const found = await findActor(db, { communityId: community.id, didOrHandle: did })
  if (found === undefined) throw new HeronryError('NotFound', 'Account not found')
  return found
}
