import { reserveSigningKey as reserve } from '@heronry/accounts/reserve-signing-key'
import type { Clock } from '@heronry/core/clock'
import { parseDid } from '@heronry/core/did'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import type { Vault } from '@heronry/vault/vault'
import { method } from '@heronry/xrpc/method'
import { reserveSigningKeyRateLimit } from '../../../../rate-limits.ts'

export const reserveSigningKey = (deps: { db: Database; vault: Vault; clock: Clock }) =>
  method(server.reserveSigningKey, {
    rateLimit: reserveSigningKeyRateLimit,
    handler: async ({ input, community }) => {
      const { did } = input.body
      const signingKey = await reserve(deps, {
        community,
        did: did === undefined ? undefined : parseDid(did),
      })
      return { body: { signingKey } }
    },
  })
