import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { applyDefinitions } from '@heronry/communities/apply-definitions'
import { createCommunityDirectory } from '@heronry/communities/directory'
import { parseDid } from '@heronry/core/did'
import type { CommunityId } from '@heronry/core/ids'
import { createLogger } from '@heronry/telemetry/logger'
import { xrpcServer } from '@heronry/xrpc/plugin'
import { fastify } from 'fastify'
import { expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { sequencerSubscriptions } from '../src/app.ts'
import { didOf, edgeHouse, subscriber } from './edge-house.ts'

const logger = createLogger({ service: 'sequencer', level: 'info', enabled: false })

function definition(slug: string) {
  return {
    slug,
    hostname: `${slug}.example`,
    publicUrl: `https://${slug}.example`,
    serviceDid: parseDid(`did:web:${slug}.example`),
    handleDomains: [`.${slug}.example`],
    adminPassword: null,
    settings: { name: slug, inviteRequired: false, links: {} },
  }
}

async function refusedUpgrade(url: string, headers: Record<string, string>) {
  const socket = new WebSocket(url, { headers })
  socket.on('error', () => {})
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
  const chunks = await response.toArray()
  return { status: response.statusCode, body: JSON.parse(Buffer.concat(chunks).toString()) }
}

/** The service as a process serves it: two communities, known by their hosts. */
async function servedHouse(options: Parameters<typeof edgeHouse>[0] = {}) {
  const house = await edgeHouse(options)
  await applyDefinitions(house.db, [definition('heron'), definition('stork')])
  const communities = createCommunityDirectory({ db: house.db, logger })
  // Whoever connects is the proxy; the client is whom it names.
  const app = fastify({ trustProxy: ['loopback'] })
  await xrpcServer(app, {
    communities,
    logger,
    methods: [],
    subscriptions: sequencerSubscriptions(house.context),
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const communityId = async (slug: string): Promise<CommunityId> => {
    const match = await communities.forHost(`${slug}.example`)
    return match.community.id
  }
  return {
    ...house,
    communityId,
    firehose: (slug: string, query = '', ip = '192.0.2.1') =>
      subscriber(`ws://127.0.0.1:${port}/xrpc/com.atproto.sync.subscribeRepos${query}`, {
        host: `${slug}.example`,
        'x-forwarded-for': ip,
      }),
    closeHttp: () => app.close(),
    /** The answer to an upgrade that is refused. */
    refusal: (slug: string, ip: string) =>
      refusedUpgrade(`ws://127.0.0.1:${port}/xrpc/com.atproto.sync.subscribeRepos`, {
        host: `${slug}.example`,
        'x-forwarded-for': ip,
      }),
    async [Symbol.asyncDispose]() {
      await house.stop()
      await app.close()
      await house[Symbol.asyncDispose]()
    },
  }
}

test('the host decides whose firehose is heard', async () => {
  await using house = await servedHouse()
  const [heron, stork] = [await house.communityId('heron'), await house.communityId('stork')]
  const live = await house.firehose('heron', '?cursor=0')
  await house.append(heron, 2)
  await house.append(stork, 1)
  await house.append(heron, 1)
  await house.numbered(4)
  const other = await house.firehose('stork', '?cursor=0')
  expect((await live.hears(3)).map((frame) => [frame.seq, frame.body['did']])).toEqual([
    [1, didOf(heron)],
    [2, didOf(heron)],
    [4, didOf(heron)],
  ])
  expect((await other.hears(1)).map((frame) => [frame.seq, frame.body['did']])).toEqual([[3, didOf(stork)]])
})

test('a cursor in the future, and one that is no number, are refused by an error frame and 1008', async () => {
  await using house = await servedHouse()
  const future = await house.firehose('heron', '?cursor=1')
  expect(await future.closed()).toEqual({ code: 1008, reason: 'FutureCursor' })
  const nonsense = await house.firehose('heron', '?cursor=abc')
  expect(await nonsense.closed()).toEqual({ code: 1008, reason: 'InvalidRequest' })
  expect(nonsense.heard.map((frame) => frame.body['error'])).toEqual(['InvalidRequest'])
})

test('one address has as many subscribers of a community as it may; one more is refused before the upgrade', async () => {
  await using house = await servedHouse({ subscribersPerIpMax: 2 })
  const [first] = [await house.firehose('heron'), await house.firehose('heron')]
  expect(await house.refusal('heron', '192.0.2.1')).toEqual({
    status: 429,
    body: { error: 'RateLimitExceeded', message: 'Too many subscriptions from this address' },
  })
  // Another address, and the same one at another community.
  await house.firehose('heron', '', '192.0.2.2')
  await house.firehose('stork')
  first?.socket.close()
  await vi.waitFor(async () => house.firehose('heron'), { timeout: 5_000, interval: 20 })
  expect((await house.refusal('heron', '192.0.2.1')).status).toBe(429)
})

test('subscribers are counted by the /64 of their network, and a stranger cannot name another address', async () => {
  await using house = await servedHouse({ subscribersPerIpMax: 1 })
  await house.firehose('heron', '', '2001:db8::1')
  expect((await house.refusal('heron', '2001:db8::ffff')).status).toBe(429)
  await house.firehose('heron', '', '2001:db8:0:1::1')
  // 192.0.2.9 is no proxy of ours: what it says of others is not believed.
  await house.firehose('heron', '', '198.51.100.1, 192.0.2.9')
  expect((await house.refusal('heron', '198.51.100.2, 192.0.2.9')).status).toBe(429)
})

test('a process that stops sends its subscribers away with 1001', async () => {
  const house = await servedHouse()
  const consumer = await house.firehose('heron')
  await house[Symbol.asyncDispose]()
  expect((await consumer.closed()).code).toBe(1001)
})

test('the HTTP server that closes leaves its subscribers to the edge, which sends them away one after the other', async () => {
  await using house = await servedHouse({ limits: { drainPaceMs: 150 } })
  const consumers = [
    await house.firehose('heron'),
    await house.firehose('heron'),
    await house.firehose('stork'),
  ]
  const closed = house.closeHttp()
  expect((await consumers[0]?.closed())?.code).toBe(1001)
  expect(house.context.edge.socketCount).toBeGreaterThan(0)
  for (const consumer of consumers) expect((await consumer.closed()).code).toBe(1001)
  await closed
})
