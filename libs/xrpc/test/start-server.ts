import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Community } from '@heronry/communities/community'
import { CommunityMap } from '@heronry/communities/community-map'
import type { Did } from '@heronry/core/did'
import type { CommunityId } from '@heronry/core/ids'
import { createLogger } from '@heronry/telemetry/logger'
import Fastify, { type FastifyInstance } from 'fastify'
import { httpServerOptions } from '../src/http-server-options.ts'
import { type XrpcServerOptions, xrpcServer } from '../src/plugin.ts'

const herons = community(1, 'herons.example', ['.herons.example', '.birds.example'])
const storks = community(2, 'storks.example', ['.storks.example'])

export interface RunningServer extends AsyncDisposable {
  readonly app: FastifyInstance
  readonly port: number
  /** The log so far, one object a line. */
  readonly log: Record<string, unknown>[]
}

/** A listening server of two communities. */
export async function startServer({
  trustProxy = false,
  ...options
}: Partial<XrpcServerOptions> & { trustProxy?: boolean | string[] }): Promise<RunningServer> {
  const log: Record<string, unknown>[] = []
  const destination = { write: (line: string) => void log.push(JSON.parse(line)) }
  const logger = createLogger({ service: 'test', level: 'debug', enabled: true, destination })
  const map = new CommunityMap([herons, storks])
  const communities = { forHost: async (host: string | undefined) => map.forHost(host) }
  const app = Fastify(httpServerOptions({ logger, trustProxy }))
  await xrpcServer(app, { communities, methods: [], logger, devMode: true, ...options })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return { app, port, log, [Symbol.asyncDispose]: () => app.close() }
}

/** Waits until `condition` holds, at most 5 s. */
export async function eventually(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('It did not come about within 5 s')
    await delay(5)
  }
}

function community(id: number, hostname: string, handleDomains: string[]): Community {
  return {
    id: id as CommunityId,
    slug: hostname.split('.')[0] ?? '',
    hostname,
    publicUrl: `https://${hostname}`,
    serviceDid: `did:web:${hostname}` as Did,
    handleDomains,
    adminPasswordHash: null,
    settings: { name: hostname, inviteRequired: false, links: {} },
  }
}
