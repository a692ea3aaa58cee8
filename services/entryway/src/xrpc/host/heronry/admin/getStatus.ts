import { countAccounts } from '@heronry/accounts/count-accounts'
import type { Auth } from '@heronry/auth/create-auth'
import type { Uri } from '@heronry/communities/community'
import type { Database } from '@heronry/db/database'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { method } from '@heronry/xrpc/method'

export const getStatus = ({ auth, db, version }: { auth: Auth; db: Database; version: string }) =>
  method(admin.getStatus, {
    auth: auth.admin,
    handler: async ({
      community: { id, slug, hostname, publicUrl, serviceDid, handleDomains, settings },
    }) => ({
      body: {
        version,
        community: slug,
        hostname,
        publicUrl: publicUrl as Uri,
        serviceDid,
        handleDomains: [...handleDomains],
        inviteRequired: settings.inviteRequired,
        accounts: await countAccounts(db, id),
      },
    }),
  })
