import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent } from '@atproto/api'
import { NodeOAuthClient, type NodeSavedSession, type NodeSavedState } from '@atproto/oauth-client-node'

/** An app on the developer's machine, which sends its users to their server to sign in, and comes back with a session. */
export interface TestApp extends AsyncDisposable {
  /** Where its user goes to sign in at a server. */
  signInAt(server: string): Promise<string>
  /** Resolves when its user has come back. */
  userIsBack(): Promise<Agent>
}

export async function startTestApp({ plcUrl }: { plcUrl: string }): Promise<TestApp> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback` as const
  const scope = 'atproto transition:generic'
  const client = new NodeOAuthClient({
    clientMetadata: {
      client_id: `http://localhost?${new URLSearchParams({ redirect_uri: redirectUri, scope })}`,
      redirect_uris: [redirectUri],
      scope,
      response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      dpop_bound_access_tokens: true,
    },
    allowHttp: true,
    plcDirectoryUrl: plcUrl,
    handleResolver: plcUrl,
    fetch: globalThis.fetch,
    stateStore: memory<NodeSavedState>(),
    sessionStore: memory<NodeSavedSession>(),
    requestLock: (_name, act) => act() as never,
  })
  let arrived: PromiseWithResolvers<Agent> = Promise.withResolvers()
  server.on('request', async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', redirectUri)
    response.setHeader('content-type', 'text/html; charset=utf-8')
    if (pathname !== '/callback') return response.writeHead(204).end()
    response.end('<!doctype html><html lang="en"><title>App</title><h1>You are back</h1></html>')
    try {
      const { session } = await client.callback(searchParams)
      arrived.resolve(new Agent(session))
    } catch (error) {
      arrived.reject(error)
    }
  })
  return {
    async signInAt(house) {
      arrived = Promise.withResolvers()
      arrived.promise.catch(() => {})
      return String(await client.authorize(house, { scope }))
    },
    userIsBack: () => arrived.promise,
    async [Symbol.asyncDispose]() {
      server.close().closeAllConnections()
    },
  }
}

function memory<Value>() {
  const kept = new Map<string, Value>()
  return {
    get: async (key: string) => kept.get(key),
    set: async (key: string, value: Value) => void kept.set(key, value),
    del: async (key: string) => void kept.delete(key),
  }
}
