import type { Readable } from 'node:stream'
import type { SessionCredentials } from '@heronry/auth/authenticator'
import { com } from '@heronry/lexicons/generated/index'
import { expect, expectTypeOf, test } from 'vitest'
import { method, subscription } from './method.ts'

const session = async (): Promise<SessionCredentials> => {
  throw new Error('not called')
}

test('params, input, auth and answer have the types of the lexicon', () => {
  method(com.atproto.repo.listRecords, {
    handler: ({ params, auth, input }) => {
      expectTypeOf(params.limit).toEqualTypeOf<number>()
      expectTypeOf(params.cursor).toEqualTypeOf<string | undefined>()
      expectTypeOf(auth).toEqualTypeOf<undefined>()
      expectTypeOf(input).toEqualTypeOf<undefined>()
      // @ts-expect-error not a param of this method
      params.rkey
      return { body: { records: [] } }
    },
  })
  method(com.atproto.server.createSession, {
    auth: session,
    rateLimit: {
      limit: 30,
      windowMs: 300_000,
      key: ({ input, req }) => `${input.body.identifier}-${req.ip}`,
    },
    handler: async ({ input, auth }) => {
      expectTypeOf(input.encoding).toEqualTypeOf<'application/json'>()
      expectTypeOf(input.body.identifier).toEqualTypeOf<string>()
      expectTypeOf(auth).toEqualTypeOf<SessionCredentials>()
      // @ts-expect-error not a field of the body
      input.body.user
      const who = { handle: 'a.test', did: 'did:web:a.test' } as const
      return { body: { accessJwt: 'a', refreshJwt: 'b', ...who } }
    },
  })
  method(com.atproto.repo.uploadBlob, {
    handler: async ({ input }) => {
      expectTypeOf(input.body).toEqualTypeOf<Readable>()
      return { encoding: 'application/json', buffer: Buffer.from('{}') }
    },
  })
  const made = method(com.atproto.server.deleteSession, { handler: () => undefined })
  expect(made).toMatchObject({ schema: { nsid: 'com.atproto.server.deleteSession' }, rateLimit: [] })
})

test('an answer that the lexicon does not have is not accepted', () => {
  // @ts-expect-error records are missing
  method(com.atproto.repo.listRecords, { handler: () => ({ body: {} }) })
  // @ts-expect-error a DID is no number
  method(com.atproto.identity.resolveHandle, { handler: () => ({ body: { did: 7 } }) })
  // @ts-expect-error an answer is missing
  method(com.atproto.identity.resolveHandle, { handler: () => undefined })
  // @ts-expect-error this method answers nothing
  method(com.atproto.server.deleteSession, { handler: () => ({ body: {} }) })
  // @ts-expect-error a subscription is no method
  method(com.atproto.sync.subscribeRepos, { handler: () => undefined })
  // @ts-expect-error a stream has an encoding
  method(com.atproto.sync.getRepo, { handler: () => ({ buffer: Buffer.from('') }) })
})

test('a subscription has the params of its lexicon', () => {
  const made = subscription(com.atproto.sync.subscribeRepos, {
    handler: ({ params }) => {
      expectTypeOf(params.cursor).toEqualTypeOf<number | undefined>()
    },
  })
  expect(made.schema.nsid).toBe('com.atproto.sync.subscribeRepos')
  // @ts-expect-error a query is no subscription
  subscription(com.atproto.sync.getRepo, { handler: () => {} })
})
