import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  installReferenceCommand,
  isReferenceInstalled,
  referenceFolder,
} from '@heronry/launcher/reference-server.mjs'
import { freePorts } from '@heronry/testing/free-ports'
import { Child } from '../child.ts'
import { Pds } from './pds.ts'

export interface ReferenceServer extends AsyncDisposable {
  readonly pds: Pds
  output(): string
}

/** `@atproto/pds` as its own image runs it, on an empty folder; installed first where nobody has yet. Its handles are under `.test`. */
export async function startReferenceServer({
  plcUrl,
  smtpUrl,
}: {
  plcUrl: string
  smtpUrl: string
}): Promise<ReferenceServer> {
  await install()
  await using starting = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'heronry-reference-'))
  starting.defer(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'blobs'))
  const [port = 0] = await freePorts(1)
  const url = `http://localhost:${port}`
  const child = new Child({
    name: 'reference',
    command: [process.execPath, join(referenceFolder, 'start.mjs')],
    readyUrl: `${url}/xrpc/_health`,
    env: {
      LOG_ENABLED: 'false',
      PDS_ADMIN_PASSWORD: 'reference-admin',
      PDS_BLOBSTORE_DISK_LOCATION: join(folder, 'blobs'),
      PDS_DATA_DIRECTORY: folder,
      PDS_DEV_MODE: 'true',
      PDS_DID_PLC_URL: plcUrl,
      PDS_DISABLE_SSRF_PROTECTION: 'true',
      PDS_DPOP_SECRET: '0d'.repeat(32),
      PDS_EMAIL_FROM_ADDRESS: 'reference@example.com',
      PDS_EMAIL_SMTP_URL: smtpUrl,
      PDS_HOSTNAME: 'localhost',
      PDS_INVITE_REQUIRED: 'false',
      PDS_JWT_SECRET: '0e'.repeat(16),
      PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: '0f'.repeat(32),
      PDS_PORT: String(port),
      PDS_RATE_LIMITS_ENABLED: 'false',
      PDS_SERVICE_DID: `did:web:localhost%3A${port}`,
      PDS_SERVICE_HANDLE_DOMAINS: '.test',
    },
  })
  starting.defer(() => child.stop())
  await child.start()
  const started = starting.move()
  return {
    pds: new Pds(url),
    output: () => child.output,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

async function install(): Promise<void> {
  if (isReferenceInstalled()) return
  const [command = '', ...args] = installReferenceCommand
  await promisify(execFile)(command, args, { cwd: referenceFolder, maxBuffer: 10_000_000 })
}
