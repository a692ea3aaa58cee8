import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { freePorts } from '@heronry/testing/free-ports'
import { type Owner, ownerOfPath } from '@heronry/xrpc/ownership'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startNginx } from './nginx.ts'

/** What a service behind the proxy was told. */
interface Told {
  owner: Owner
  url: string
  headers: IncomingMessage['headers']
}

const paths = [
  '/',
  '/xrpc',
  '/xrpc/',
  '/xrpc/_health',
  '/xrpc/com.atproto.server.describeServer',
  '/xrpc/com.atproto.server.describeServer/',
  '/xrpc/com.atproto.server',
  '/xrpc/com.atproto.serverless.run',
  '/xrpc/com.atproto.identity.resolveHandle?handle=a.test',
  '/xrpc/com.atproto.admin.getAccountInfo',
  '/xrpc/com.atproto.temp.checkSignupQueue',
  '/xrpc/host.heronry.admin.getStatus',
  '/xrpc/com.atproto.repo.createRecord',
  '/xrpc/com.atproto.repo.uploadBlob',
  '/xrpc/com.atproto.repo.uploadBlob/',
  '/xrpc/com.atproto.repo.importRepo',
  '/xrpc/com.atproto.sync.getRepo?did=did:plc:a',
  '/xrpc/com.atproto.sync.subscribeRepos?cursor=1',
  '/xrpc/com.atproto.sync.subscribeRepos/',
  '/xrpc/com.atproto.sync.subscribeReposToo',
  '/xrpc/app.bsky.feed.getTimeline',
  '/xrpc//com.atproto.server.createAccount',
  '/.well-known/atproto-did',
  '/oauth/authorize',
  '/account/x',
  '/tls-check?domain=a.test',
  '/@atproto/oauth-provider/~api/sign-in',
]

describe('the proxy', () => {
  const servers = new Map<Owner, Server>()
  let nginx: AsyncDisposable
  let url: string
  beforeAll(async () => {
    for (const owner of ['entryway', 'api', 'sequencer'] as const)
      servers.set(owner, await startTeller(owner))
    const [port = 0, nobody = 0] = await freePorts(2)
    const upstreams = Object.fromEntries([...servers].map(([owner, it]) => [owner, [portOf(it), nobody]]))
    nginx = await startNginx({ port, upstreams })
    url = `http://127.0.0.1:${port}`
  })
  afterAll(async () => {
    await nginx[Symbol.asyncDispose]()
    for (const server of servers.values()) server.close()
  })

  test.each(paths)('takes %s to its owner, as the client wrote it', async (path) => {
    expect(await (await fetch(url + path)).json()).toMatchObject({
      owner: ownerOfPath(new URL(path, url).pathname),
      url: path,
    })
  })

  test('hands on the Host, and says who asked and how', async () => {
    const headers = { host: 'Herons.test:8443', 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https' }
    const told = await ask({ path: '/xrpc/com.atproto.server.describeServer', headers })
    expect(told.headers).toMatchObject({
      host: 'Herons.test:8443',
      'x-forwarded-for': '192.0.2.1, 127.0.0.1',
      'x-forwarded-host': 'Herons.test:8443',
      'x-forwarded-proto': 'https',
    })
    expect((await ask({ path: '/', headers: {} })).headers['x-forwarded-proto']).toBe('http')
  })

  test('takes another process where one does not answer', async () => {
    const body = JSON.stringify({ a: 1 })
    for (let index = 0; index < 6; index++) {
      const answer = await fetch(`${url}/xrpc/com.atproto.repo.createRecord`, { method: 'POST', body })
      expect(answer.status).toBe(200)
    }
  })

  test('hands on an upload while it is being sent, whatever its size', async () => {
    const call = request(`${url}/xrpc/com.atproto.repo.uploadBlob`, {
      method: 'POST',
      headers: { 'content-length': 1e9 },
    })
    call.on('error', () => {})
    const reached = once(servers.get('api') as Server, 'told')
    call.write(Buffer.alloc(1000))
    await reached
    call.destroy()
  })

  test('upgrades the firehose, and nothing else', async () => {
    const upgrade = { connection: 'upgrade', upgrade: 'websocket' }
    const firehose = await ask({ path: '/xrpc/com.atproto.sync.subscribeRepos', headers: upgrade })
    expect(firehose.headers).toMatchObject(upgrade)
    const other = await ask({ path: '/xrpc/com.atproto.sync.getRepo', headers: upgrade })
    expect(other.headers['connection']).not.toBe('upgrade')
  })

  test.each(['/-/ready', '/-/live', '/metrics/../-/ready'])('keeps %s to itself', async (path) => {
    expect((await fetch(url + path)).status).toBe(404)
  })

  test('a service that is gone is said in the form of the protocol', async () => {
    const sequencer = servers.get('sequencer') as Server
    sequencer.close()
    sequencer.closeAllConnections()
    const answer = await fetch(`${url}/xrpc/com.atproto.sync.subscribeRepos`)
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ error: 'NotEnoughResources' })
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  })

  /** fetch sets neither Host nor Upgrade. */
  async function ask({ path, headers }: { path: string; headers: Record<string, string> }): Promise<Told> {
    const call = request(url + path, { headers }).end()
    const [response] = await once(call, 'response')
    return JSON.parse(Buffer.concat(await response.toArray()).toString())
  }
})

/** Answers with what it was told. */
async function startTeller(owner: Owner): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const { url = '', headers } = incoming
    incoming.once('data', () => server.emit('told')).on('error', () => {})
    outgoing.setHeader('content-type', 'application/json')
    outgoing.end(JSON.stringify({ owner, url, headers } satisfies Told))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
