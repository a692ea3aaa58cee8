import { EventEmitter } from 'node:events'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { ExportSeats } from './export-seats.ts'

test('an address has its seats and all have theirs, and one that ends is free again', () => {
  const seats = new ExportSeats({ exportsMax: 3, exportsPerAddressMax: 2 })
  const take = (ip: string) => {
    const raw = new EventEmitter()
    seats.take({ req: { ip } as FastifyRequest, reply: { raw } as unknown as FastifyReply })
    return raw
  }
  const first = take('a')
  take('a')
  expect(() => take('a')).toThrow(expect.objectContaining({ code: 'RateLimitExceeded' }))
  const third = take('b')
  expect(() => take('b')).toThrow(expect.objectContaining({ code: 'ServiceUnavailable' }))
  first.emit('close')
  take('a')
  third.emit('close')
  take('b')
  expect(() => take('c')).toThrow(expect.objectContaining({ code: 'ServiceUnavailable' }))
})
