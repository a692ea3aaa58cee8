import { InvalidRequestError, XRPCError } from '@atproto/xrpc-server'
import { type ErrorCode, HeronryError } from '@heronry/core/error'
import { expect, test } from 'vitest'
import { errorAnswer } from './error-answer.ts'

test.each<[ErrorCode, number, string]>([
  ['AuthMissing', 401, 'AuthMissing'],
  ['ExpiredToken', 400, 'ExpiredToken'],
  ['InvalidToken', 400, 'InvalidToken'],
  ['AccountNotFound', 403, 'AccountNotFound'],
  ['AccountTakedown', 401, 'AccountTakedown'],
  ['AccountDeactivated', 401, 'AccountDeactivated'],
  ['RepoNotFound', 400, 'RepoNotFound'],
  ['NotFound', 400, 'NotFound'],
  ['Unsupported', 400, 'Unsupported'],
  ['MissingTokenId', 401, 'MissingTokenId'],
  ['XRPCNotSupported', 404, 'XRPCNotSupported'],
  ['UnknownHost', 421, 'UnknownHost'],
  ['PayloadTooLarge', 413, 'PayloadTooLarge'],
  ['ServiceUnavailable', 503, 'NotEnoughResources'],
])('%s answers %i %s with its message', (code, status, error) => {
  expect(errorAnswer(new HeronryError(code, 'why'))).toEqual({ status, body: { error, message: 'why' } })
})

test("the reference's own errors answer as they do there", () => {
  const body = { error: 'RecordNotFound', message: 'none' }
  expect(errorAnswer(new InvalidRequestError('none', 'RecordNotFound'))).toEqual({ status: 400, body })
  expect(errorAnswer(new XRPCError(415)).body).toEqual({
    error: 'UnsupportedMediaType',
    message: 'Unsupported Media Type',
  })
})

test.each([
  ['an error', new Error('password=heron')],
  ['an error with a status, as HTTP clients throw them', Object.assign(new Error('secret'), { status: 404 })],
  ['a text', 'secret'],
  ['nothing', undefined],
  ["the reference's own fault", new XRPCError(500, 'secret')],
])('%s that was not made to be shown answers 500 without detail', (_name, thrown) => {
  const body = { error: 'InternalServerError', message: 'Internal Server Error' }
  expect(errorAnswer(thrown)).toEqual({ status: 500, body })
})
