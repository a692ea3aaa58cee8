import { lexToJson } from '@atproto/lex'
import { replacePreferences } from '@heronry/accounts/preferences'
import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as actor from '@heronry/lexicons/generated/app/bsky/actor'
import { method } from '@heronry/xrpc/method'
import { preferencesBytesMax } from '../../../../limits.ts'
import { assertMayAskAppView, isForAnother } from '../../../../own-app-view.ts'
import { hasFullRights, preferencesToPut } from '../../../../preferences.ts'

const lxm = actor.putPreferences.$lxm

/** All of them, in the place of those that the session may see. */
export const putPreferences = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(actor.putPreferences, {
    isPassedOn: isForAnother,
    auth: auth.session({ reach: 'standard', acceptNarrowed: true, refuseTakendown: true }),
    bodyBytesMax: preferencesBytesMax,
    handler: async ({ input, auth: session, community }) => {
      assertMayAskAppView(session, { community, lxm })
      const isFull = hasFullRights(session)
      const sent = lexToJson(input.body.preferences as never) as { $type?: unknown }[]
      await replacePreferences(db, { actorId: session.actor.id, ...preferencesToPut(sent, { isFull }) })
      return undefined
    },
  })
