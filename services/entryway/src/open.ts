import { accountHandlers } from '@heronry/accounts/account-jobs'
import { identityHandlers } from '@heronry/accounts/identity-jobs'
import { createPasswords } from '@heronry/accounts/passwords'
import { createTokenIssuer, importTokenKeys } from '@heronry/accounts/tokens'
import { createAuth } from '@heronry/auth/create-auth'
import type { Replays } from '@heronry/auth/replays'
import { serviceTokenHandlers } from '@heronry/auth/service-token-jobs'
import type { CommunityDirectory } from '@heronry/communities/directory'
import type { EntrywayConfig } from '@heronry/config/house-config'
import { openResolver } from '@heronry/identity/open-resolver'
import { ensureAuditPartitions } from '@heronry/operators/audit-partitions'
import { createVault, signerOfPrivateKey } from '@heronry/vault/vault'
import type { ProcessParts } from '@heronry/xrpc/process/run-process'
import { createLocalJWKSet } from 'jose'
import { entrywayMethods, entrywayRoutes } from './app.ts'
import { auditMonths } from './audit-months.ts'
import { createEntrywayContext } from './context.ts'
import { openHcaptcha } from './gate/hcaptcha.ts'
import { openOAuth } from './oauth/open-oauth.ts'

interface EntrywayProcess extends ProcessParts<EntrywayConfig> {
  communities: CommunityDirectory
  replays: Replays
}

/** The methods, routes and jobs of this service, and what they need, as the process is configured. */
export async function openEntryway(parts: EntrywayProcess) {
  const { config, db, logger, metrics, communities, replays } = parts
  const tokenKeys = await importTokenKeys({ keys: [...config.tokenKeys.keys] })
  const vault = createVault({ db, keyEncryptionKeys: config.keyEncryptionKeys })
  await vault.check()
  await ensureAuditPartitions(db)
  const { plc, resolver, handles } = openResolver({ db, logger }, config)
  const rotation = signerOfPrivateKey(config.plc.rotationKey)
  const context = createEntrywayContext({
    ...{ db, communities, resolver, logger, metrics },
    auth: createAuth({
      ...{ db, resolver },
      keys: createLocalJWKSet(tokenKeys.publicJwks),
      dpop: { secret: config.dpopSecret, replays },
    }),
    signUp: {
      ...{ plc, vault, rotation, handles },
      recoveryDidKey: config.plc.recoveryDidKey,
      captcha: config.hcaptcha && openHcaptcha(config.hcaptcha, { publicOnly: config.identity.publicOnly }),
    },
    sessions: { tokens: createTokenIssuer({ keys: tokenKeys }), passwords: createPasswords() },
    settings: {
      version: config.version,
      blobUploadLimit: config.blobs.uploadBytesMax,
      didDocWithSession: config.didDocWithSession,
    },
  })
  const oauth = openOAuth(parts, context)
  return {
    methods: entrywayMethods(context),
    routes: [entrywayRoutes(context), oauth.routes],
    handlers: [
      ...oauth.handlers,
      ...accountHandlers({ db, plc, rotation, vault, clock: context.clock, logger }),
      auditMonths({ db }),
      ...serviceTokenHandlers({ db, clock: context.clock }),
      ...identityHandlers({
        db,
        plc,
        resolver,
        clock: context.clock,
        logger,
        didMaxAgeMs: config.identity.expiresAfterMs,
      }),
    ],
  }
}
