import { Readable } from 'node:stream'
import type { l } from '@atproto/lex'
import { AuthRequiredError, ForbiddenError, InvalidRequestError } from '@atproto/xrpc-server'
import { method, type XrpcMethod } from '../src/method.ts'
import * as echo from './echo-lexicons.ts'

/** What every echo method does, told of both servers: with the reference's context or ours. */
export const behaviour = {
  authorize(authorization: string | undefined): { user: string } {
    if (authorization === undefined) throw new AuthRequiredError('Authentication Required', 'AuthMissing')
    if (authorization !== 'Bearer good') throw new InvalidRequestError('Malformed token', 'InvalidToken')
    return { user: 'heron' }
  },
  fail(how: string): never {
    if (how === 'named') throw new InvalidRequestError('No such thing', 'RecordNotFound')
    if (how === 'forbidden') throw new ForbiddenError('Not you')
    throw new Error('a secret of the inside')
  },
  page(type: string) {
    return { encoding: type, buffer: Buffer.from('heron '.repeat(1_000)), headers: { 'x-own': 'yes' } }
  },
  async size(body: Readable): Promise<{ bytes: number }> {
    let bytes = 0
    for await (const chunk of body) bytes += chunk.length
    return { bytes }
  },
}

const got = (value: unknown) => ({ body: { got: value as l.LexMap } })

export const echoMethods: XrpcMethod[] = [
  method(echo.query, { handler: ({ params }) => got(params) }),
  method(echo.required, { handler: ({ params }) => got(params) }),
  method(echo.secret, {
    auth: async ({ authorization }) => behaviour.authorize(authorization),
    handler: ({ auth, params }) => got({ ...auth, ...params }),
  }),
  method(echo.fails, { handler: ({ params }) => behaviour.fail(params.how) }),
  method(echo.bytes, {
    handler: () => ({ encoding: 'image/png', buffer: Buffer.from('bytes'), headers: { 'x-own': 'yes' } }),
  }),
  method(echo.stream, {
    handler: () => ({
      encoding: 'application/vnd.ipld.car',
      stream: Readable.from([Buffer.from('one'), Buffer.from('two')]),
    }),
  }),
  method(echo.large, { handler: ({ params }) => got({ text: 'x'.repeat(params.size) }) }),
  method(echo.page, { handler: ({ params }) => behaviour.page(params.type) }),
  method(echo.json, { handler: ({ input }) => got(input.body) }),
  method(echo.optional, { handler: ({ input }) => got(input.body) }),
  method(echo.secretJson, {
    auth: async ({ authorization }) => behaviour.authorize(authorization),
    handler: ({ input }) => got(input.body),
  }),
  method(echo.blob, {
    bodyBytesMax: echo.blobBytesMax,
    handler: async ({ input }) => got({ ...(await behaviour.size(input.body)), encoding: input.encoding }),
  }),
  method(echo.image, { handler: async ({ input }) => got(await behaviour.size(input.body)) }),
  method(echo.car, { handler: async ({ input }) => got(await behaviour.size(input.body)) }),
  method(echo.text, { handler: ({ input }) => got({ text: input.body }) }),
  method(echo.nothing, { handler: () => undefined }),
]
