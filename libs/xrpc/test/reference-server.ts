import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import type { l } from '@atproto/lex'
import {
  AuthRequiredError,
  createServer,
  extractUrlNsid,
  InvalidRequestError,
  type Server,
} from '@atproto/xrpc-server'
import compression from 'compression'
import * as echo from './echo-lexicons.ts'
import { behaviour } from './echo-methods.ts'

export interface ReferenceServer extends AsyncDisposable {
  readonly port: number
}

/** The echo methods on `@atproto/xrpc-server`, with the limits of the reference PDS and its catch-all without an AppView. */
export async function startReference(): Promise<ReferenceServer> {
  const server = createServer([], {
    payload: { jsonLimit: 150 * 1024, textLimit: 100 * 1024, blobLimit: 5 * 1024 * 1024 },
    catchall: (req, _res, next) => {
      if (req.headers.authorization !== undefined) {
        next(new InvalidRequestError(`No service configured for ${extractUrlNsid(req.originalUrl)}`))
      } else next(new AuthRequiredError(undefined, 'AuthMissing'))
    },
  })
  addMethods(server)
  const compress = compression({ filter: isCompressed })
  const http = createHttpServer((req, res) =>
    compress(req as Parameters<typeof compress>[0], res as Parameters<typeof compress>[1], () =>
      server.router(req as Parameters<typeof server.router>[0], res as Parameters<typeof server.router>[1]),
    ),
  )
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return {
    port: (http.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => http.close(() => resolve())),
  }
}

/** As the reference PDS puts it before its router. */
function isCompressed(...[req, res]: Parameters<typeof compression.filter>): boolean {
  return res.getHeader('content-type') === 'application/vnd.ipld.car' || compression.filter(req, res)
}

const got = (value: unknown) => ({ encoding: 'application/json' as const, body: { got: value as l.LexMap } })
const auth = async ({ req }: { req: { headers: { authorization?: string } } }) => ({
  credentials: behaviour.authorize(req.headers.authorization),
})

function addMethods(server: Server): void {
  server.add(echo.query, { handler: ({ params }) => got(params) })
  server.add(echo.required, { handler: ({ params }) => got(params) })
  server.add(echo.secret, { auth, handler: ({ auth, params }) => got({ ...auth.credentials, ...params }) })
  server.add(echo.fails, { handler: ({ params }) => behaviour.fail(params.how) })
  server.add(echo.bytes, {
    handler: () => ({ encoding: 'image/png', buffer: Buffer.from('bytes'), headers: { 'x-own': 'yes' } }),
  })
  server.add(echo.stream, {
    handler: () => ({
      encoding: 'application/vnd.ipld.car',
      stream: Readable.from([Buffer.from('one'), Buffer.from('two')]),
    }),
  })
  server.add(echo.large, { handler: ({ params }) => got({ text: 'x'.repeat(params.size) }) })
  server.add(echo.page, { handler: ({ params }) => behaviour.page(params.type) })
  server.add(echo.json, { handler: ({ input }) => got(input.body) })
  server.add(echo.optional, { handler: ({ input }) => got(input.body) })
  server.add(echo.secretJson, { auth, handler: ({ input }) => got(input.body) })
  server.add(echo.blob, {
    opts: { blobLimit: echo.blobBytesMax },
    handler: async ({ input }) => got({ ...(await behaviour.size(input.body)), encoding: input.encoding }),
  })
  server.add(echo.image, { handler: async ({ input }) => got(await behaviour.size(input.body)) })
  server.add(echo.car, { handler: async ({ input }) => got(await behaviour.size(input.body)) })
  server.add(echo.text, { handler: ({ input }) => got({ text: input.body as unknown as string }) })
  server.add(echo.nothing, { handler: () => undefined })
}
