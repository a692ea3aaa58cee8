import { type DeleteOwnDeps, deleteOwnAccount } from '@heronry/accounts/delete-own-account'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { clientKey } from '@heronry/xrpc/client-key'
import { method } from '@heronry/xrpc/method'
import { deleteAccountRateLimit } from '../../../../rate-limits.ts'

/** Nobody need be logged in: the password and what was mailed say who it is. */
export const deleteAccount = (deps: DeleteOwnDeps) =>
  method(server.deleteAccount, {
    rateLimit: deleteAccountRateLimit,
    handler: async ({ input, community, req }) => {
      const { did, password, token } = input.body
      await deleteOwnAccount(deps, { community, did, password, token, network: clientKey(req) })
      return undefined
    },
  })
