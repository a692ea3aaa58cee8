import type { Auth } from '@heronry/auth/create-auth'
import { assertPermitted } from '@heronry/auth/permissions'
import { HeronryError } from '@heronry/core/error'
import * as repo from '@heronry/lexicons/generated/com/atproto/repo'
import { type ImportDeps, importRepo as importCar } from '@heronry/repo/import/import-repo'
import { method } from '@heronry/xrpc/method'
import type { ImportSettings } from '../../../../context.ts'

export interface ImportMethodDeps {
  auth: Auth
  imports: ImportDeps
  settings: ImportSettings
}

/** A deactivated account may import: that is how it moves in. Answers when the repo is here and all of it can be read. */
export const importRepo = ({ auth, imports, settings: { accepting, bytesMax } }: ImportMethodDeps) =>
  method(repo.importRepo, {
    auth: auth.session({ reach: 'full', acceptNarrowed: true, refuseTakendown: true }),
    bodyBytesMax: bytesMax,
    handler: async ({ input, auth: session, req }) => {
      if (!accepting) throw new HeronryError('InvalidRequest', 'Service is not accepting repo imports')
      assertPermitted(session, { account: { attr: 'repo', action: 'manage' } })
      const { actor } = session
      // A session of an app password does not get here: whoever has signed in as the owner may bring what nobody can check. An app may not.
      const unverifiedFrom = session.type === 'session' ? req.ip : undefined
      await importCar(imports, { actor, body: input.body, bytesMax, unverifiedFrom })
      return undefined
    },
  })
