import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Processes } from '@heronry/launcher/processes.mjs'
import { openSecrets } from '@heronry/launcher/secrets.mjs'
import { openReferenceEvents } from './reference-events.ts'
import { serverPort } from './server-port.ts'
import { startServer } from './server-process.ts'
import type { Side, SideOptions } from './side.ts'

const name = 'The reference server'

/** `@atproto/pds` as its own image runs it: one process, SQLite and blobs on the disk; without log and rate limits. */
export async function startReference(
  processes: Processes,
  { folder, plcUrl, appView }: SideOptions,
): Promise<Side> {
  const secrets = openSecrets(folder)
  const port = await serverPort()
  const url = `http://localhost:${port}`
  const data = join(folder, 'data')
  mkdirSync(join(data, 'blobs'), { recursive: true })
  const server = await startServer(processes, {
    name,
    args: ['bench/reference/start.mjs'],
    env: {
      LOG_ENABLED: 'false',
      PDS_ADMIN_PASSWORD: secrets.adminPassword,
      PDS_BLOBSTORE_DISK_LOCATION: join(data, 'blobs'),
      PDS_BSKY_APP_VIEW_DID: appView.did,
      PDS_BSKY_APP_VIEW_URL: appView.url,
      PDS_DATA_DIRECTORY: data,
      PDS_DEV_MODE: 'true',
      PDS_DID_PLC_URL: plcUrl,
      PDS_DISABLE_SSRF_PROTECTION: 'true',
      PDS_DPOP_SECRET: secrets.dpopSecret,
      PDS_HOSTNAME: 'localhost',
      PDS_INVITE_REQUIRED: 'false',
      PDS_JWT_SECRET: secrets.jwtSecret,
      PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: secrets.plcRotationKey,
      PDS_PORT: String(port),
      PDS_RATE_LIMITS_ENABLED: 'false',
      PDS_SERVICE_HANDLE_DOMAINS: '.test',
    },
    healthUrl: `${url}/xrpc/_health`,
    log: join(folder, 'reference.log'),
  })
  return {
    name: 'reference',
    url,
    processes: () => new Map([['node', server.pid()]]),
    restart: () => server.restart(),
    openEvents: async (templates) => openReferenceEvents(join(data, 'sequencer.sqlite'), templates),
  }
}
