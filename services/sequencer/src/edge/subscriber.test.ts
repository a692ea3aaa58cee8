import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { Writable } from 'node:stream'
import type { ActorId, CommunityId, Seq } from '@heronry/core/ids'
import { eventKinds } from '@heronry/events/event'
import { eventFrameBytes } from '@heronry/events/frame'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { WebSocket } from 'ws'
import { edgeLimits } from '../limits.ts'
import { Ring } from './ring.ts'
import { Subscriber } from './subscriber.ts'
import { messageHeadBytes } from './websocket-message.ts'

const communityId = 1 as CommunityId
const noBody = new Uint8Array()
const limits = { ...edgeLimits, socketBytesMax: 1_000, backlogBytesMax: 5_000, stallMsMax: 30_000 }

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A subscriber at the head of a ring, and a peer that takes what it is told to take. */
function subscribed() {
  const taken: Buffer[] = []
  const pending: (() => void)[] = []
  const connection = new Writable({
    highWaterMark: 65_536,
    write(bytes: Buffer, _encoding, done) {
      taken.push(bytes)
      pending.push(done)
    },
  })
  const peer = Object.assign(new EventEmitter(), {
    OPEN: 1,
    readyState: 1,
    pings: 0,
    closedWith: undefined as string | undefined,
    isCut: false,
    ping: () => void peer.pings++,
    close(_code: number, reason: string) {
      peer.closedWith = reason
    },
    terminate() {
      peer.isCut = true
    },
  })
  const ring = new Ring({ head: 0 as Seq, bytesMax: 1_000_000 })
  const subscriber = new Subscriber({
    ring,
    communityId,
    socket: peer as unknown as WebSocket,
    connection: connection as unknown as Socket,
    limits,
    onWritten: () => {},
    readPage: async () => undefined,
    readAhead: () => {},
  })
  subscriber.begin({ position: 0 as Seq, outdated: false })
  return {
    subscriber,
    peer,
    taken,
    /** Appends a message that takes `bytes` on the wire. */
    say(bytes: number): void {
      const seq = (ring.head + 1) as Seq
      const event = { kind: eventKinds.sync, seqAt: 0, seq, communityId, actorId: 1n as ActorId }
      const body = new Uint8Array(
        bytes - messageHeadBytes(bytes) - eventFrameBytes({ ...event, body: noBody }),
      )
      ring.append({ events: [{ ...event, body }], upto: seq })
      subscriber.pump()
    },
    /** The peer takes everything that was written so far. */
    async takes(): Promise<void> {
      for (let done = pending.shift(); done !== undefined; done = pending.shift()) {
        done()
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}

test('a subscriber that has taken nothing for as long as it may stays; a millisecond more, and it is too slow', () => {
  const { subscriber, say, peer, taken } = subscribed()
  subscriber.check()
  say(200)
  vi.advanceTimersByTime(limits.stallMsMax)
  subscriber.check()
  expect(peer.closedWith).toBeUndefined()
  vi.advanceTimersByTime(1)
  subscriber.check()
  expect(peer.closedWith).toBe('ConsumerTooSlow')
  expect(taken).toHaveLength(1)
})

test('one that takes something begins to be waited for anew', async () => {
  const { subscriber, say, peer, takes } = subscribed()
  subscriber.check()
  say(200)
  vi.advanceTimersByTime(limits.stallMsMax)
  await takes()
  say(200)
  subscriber.check()
  vi.advanceTimersByTime(limits.stallMsMax)
  subscriber.check()
  expect(peer.closedWith).toBeUndefined()
})

test.each([
  [limits.backlogBytesMax, undefined],
  [limits.backlogBytesMax + 1, 'ConsumerTooSlow'],
])('one that lies %i bytes behind is closed with %s', (bytes, reason) => {
  const { subscriber, say, peer } = subscribed()
  // Fills the socket; what comes after it waits in the ring.
  say(limits.socketBytesMax)
  say(2_000)
  say(bytes - 2_000)
  subscriber.check()
  expect(peer.closedWith).toBe(reason)
})

test('a socket is given more as long as less than its limit waits in it, and again when it was flushed', async () => {
  const { subscriber, say, takes, taken } = subscribed()
  say(999)
  say(300)
  say(300)
  expect([subscriber.position, subscriber.waitingBytes]).toEqual([2, 1_299])
  await takes()
  expect([subscriber.position, subscriber.waitingBytes]).toEqual([3, 0])
  expect(taken.map((bytes) => bytes.length)).toEqual([999, 300, 300])
})

test('a peer is pinged at every interval and not before, and is gone when it answers none until the next', () => {
  const { subscriber, peer } = subscribed()
  vi.advanceTimersByTime(limits.pingIntervalMs - 1)
  subscriber.check()
  expect(peer.pings).toBe(0)
  vi.advanceTimersByTime(1)
  subscriber.check()
  expect(peer.pings).toBe(1)
  vi.advanceTimersByTime(1)
  peer.emit('pong')
  vi.advanceTimersByTime(limits.pingIntervalMs)
  subscriber.check()
  expect([peer.pings, peer.isCut]).toEqual([2, false])
  vi.advanceTimersByTime(limits.pingIntervalMs)
  subscriber.check()
  expect([peer.pings, peer.isCut]).toEqual([2, true])
})

test('a peer that does not get to the ping because of what it takes before is not gone', async () => {
  const { subscriber, say, peer, takes } = subscribed()
  vi.advanceTimersByTime(limits.pingIntervalMs)
  subscriber.check()
  say(200)
  await takes()
  vi.advanceTimersByTime(1)
  subscriber.check()
  vi.advanceTimersByTime(limits.pingIntervalMs - 1)
  subscriber.check()
  expect([peer.pings, peer.isCut]).toEqual([2, false])
})

test('a peer that does not close in turn has its time, and is cut', () => {
  const { subscriber, peer } = subscribed()
  subscriber.close(1001, 'Going away')
  vi.advanceTimersByTime(limits.closeMsMax - 1)
  expect(peer.isCut).toBe(false)
  vi.advanceTimersByTime(1)
  expect(peer.isCut).toBe(true)
})
