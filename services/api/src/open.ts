import { whyNotWritable } from '@heronry/accounts/why-not-writable'
import { createAuth } from '@heronry/auth/create-auth'
import type { Replays } from '@heronry/auth/replays'
import { openObjects } from '@heronry/blobs/open-objects'
import type { ApiConfig } from '@heronry/config/house-config'
import { systemClock } from '@heronry/core/clock'
import { openResolver } from '@heronry/identity/open-resolver'
import { createRepoEngine } from '@heronry/repo/engine'
import { createVault } from '@heronry/vault/vault'
import type { ProcessParts } from '@heronry/xrpc/process/run-process'
import { createLocalJWKSet } from 'jose'
import { apiMethods } from './app.ts'
import { createApiContext } from './context.ts'
import { createExports } from './exports.ts'
import { proxyCalls } from './proxy/proxy.ts'
import { Upstreams } from './proxy/upstreams.ts'

interface ApiProcess extends ProcessParts<ApiConfig> {
  readonly replays: Replays
}

/** The methods of this service, and what they need, as the process is configured. */
export async function openApi({ config, db, logger, metrics, replays }: ApiProcess) {
  const vault = createVault({ db, keyEncryptionKeys: config.keyEncryptionKeys })
  await vault.check()
  const { resolver } = openResolver({ db, logger }, config)
  const upstreams = new Upstreams({
    ...{ metrics, publicOnly: config.identity.publicOnly },
    ...{ allowHttp2: config.proxy.allowHttp2, limits: config.proxy },
  })
  const context = createApiContext({
    db,
    auth: createAuth({
      ...{ db, resolver },
      keys: createLocalJWKSet({ keys: [...config.tokenJwks.keys] }),
      dpop: { secret: config.dpopSecret, replays },
    }),
    objects: openObjects(config.blobs),
    resolver,
    exports: createExports({ role: exportRole(config) }),
    engine: createRepoEngine({
      ...{ db, vault, logger, metrics },
      clock: systemClock,
      notWritable: (actor) => whyNotWritable(db, actor),
    }),
    ...{ vault, upstreams },
    settings: { blobUploadLimit: config.blobs.uploadBytesMax },
  })
  return {
    methods: apiMethods(context),
    /** Of every other method under /xrpc. */
    catchAll: proxyCalls(context),
    [Symbol.asyncDispose]: () => upstreams[Symbol.asyncDispose](),
  }
}

/** Of a process whose connections have the api's role; a user of another role need not be a member of it. */
function exportRole({ database }: ApiConfig): string | undefined {
  return database.role === 'heronry_api' ? 'heronry_export' : undefined
}
