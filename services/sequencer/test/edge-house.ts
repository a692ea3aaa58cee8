import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Frame } from '@atproto/xrpc-server'
import { parseDid } from '@heronry/core/did'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { appendEvents } from '@heronry/events/append-events'
import { accountEvent, type EventBody, identityEvent, syncEvent } from '@heronry/events/event'
import { ensureEventPartitions } from '@heronry/events/partitions'
import { createLogger } from '@heronry/telemetry/logger'
import { testDatabase } from '@heronry/testing/postgres'
import { vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createSequencerContext, type SequencerContextOptions } from '../src/context.ts'
import { sequencerLoops } from '../src/loops.ts'

const logger = createLogger({ service: 'sequencer', level: 'info', enabled: false })
const dayMs = 86_400_000

/** The communities of the tests: their ids, and the path of their firehose. */
export const heron = 1 as CommunityId
export const stork = 2 as CommunityId

/** Leader and edge on a database of their own, behind a bare WebSocket server. */
export async function edgeHouse(options: Partial<SequencerContextOptions> = {}) {
  const database = await testDatabase({ poolMax: 5 })
  await ensureEventPartitions(database.db)
  const given = {
    role: 'both',
    retentionMs: dayMs,
    logger,
    db: database.as('heronry_sequencer'),
    databaseUrl: database.url,
    databaseRole: 'heronry_sequencer',
  } as const
  const house = await runningHouse({ ...given, ...options })
  return {
    ...database,
    ...house,
    /** Another process of the same house. */
    another: (other: Partial<SequencerContextOptions>) => runningHouse({ ...given, ...other }),
    /** Appends events of small or of `bytes` bodies, and says how many there are of both communities then. */
    async append(communityId: CommunityId, count: number, { bytes }: { bytes?: number } = {}): Promise<void> {
      const events = Array.from({ length: count }, () => eventOf(communityId, bytes))
      await inTransaction(database.db, { name: 'append' }, (tx) =>
        appendEvents(tx, { actorId: BigInt(communityId) as ActorId, communityId, events }),
      )
    },
    /** Says that the community's actor has been deleted. */
    async delete(communityId: CommunityId): Promise<void> {
      const did = parseDid(didOf(communityId))
      const events = [accountEvent({ did, active: false, status: 'deleted', time: new Date() })]
      await inTransaction(database.db, { name: 'delete' }, (tx) =>
        appendEvents(tx, { actorId: BigInt(communityId) as ActorId, communityId, events }),
      )
    },
    /** Waits until everything up to `seq` has a number and stands in the ring. */
    async numbered(seq: number): Promise<void> {
      await vi.waitUntil(() => house.context.edge.head === seq, { timeout: 10_000, interval: 2 })
    },
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

/** Who is spoken of: each community has one actor. */
export function didOf(communityId: CommunityId): string {
  return communityId === heron ? 'did:plc:heronheronheronheronhero' : 'did:plc:storkstorkstorkstorkstor'
}

function eventOf(communityId: CommunityId, bytes: number | undefined): EventBody {
  const did = parseDid(didOf(communityId))
  const time = new Date()
  if (bytes === undefined) return identityEvent({ did, time })
  return syncEvent({ did, rev: '3jzfcijpj2z2a' as never, blocks: new Uint8Array(bytes), time })
}

async function runningHouse(options: SequencerContextOptions) {
  const context = createSequencerContext(options)
  const stopping = new AbortController()
  const server = createServer()
  const sockets = new WebSocketServer({ server, maxPayload: 1024, perMessageDeflate: false })
  sockets.on('connection', (socket, request) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://edge')
    const cursor = searchParams.get('cursor')
    void context.edge.subscribe({
      socket,
      connection: request.socket,
      communityId: Number(pathname.slice(1)) as CommunityId,
      cursor: cursor === null ? undefined : Number(cursor),
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const loops = Promise.all(sequencerLoops(context).map((loop) => loop.run(stopping.signal)))
  if (options.role !== 'leader')
    await vi.waitUntil(() => context.edge.head !== undefined, { timeout: 10_000, interval: 2 })
  const { port } = server.address() as AddressInfo
  async function stop(): Promise<void> {
    stopping.abort()
    await loops
    server.close()
  }
  return {
    context,
    stop,
    subscribe: (communityId: CommunityId, cursor?: number) =>
      subscriber(`ws://127.0.0.1:${port}/${communityId}${cursor === undefined ? '' : `?cursor=${cursor}`}`),
    [Symbol.asyncDispose]: stop,
  }
}

/** What a frame said: its type, its seq and its body. */
interface Heard {
  readonly type: string
  readonly seq: number
  readonly body: Record<string, unknown>
}

/** A consumer that knows nothing of us: ws, and the reference's frames. */
export async function subscriber(url: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(url, { headers })
  const heard: Heard[] = []
  let closing: { code: number; reason: string } | undefined
  socket.on('message', (data: Buffer) => {
    const frame = Frame.fromBytes(data)
    const body = frame.body as Record<string, unknown>
    const type = frame.isMessage() ? (frame.type ?? '') : 'error'
    heard.push({ type, seq: Number(body['seq']), body })
  })
  socket.on('error', () => {})
  socket.on('close', (code, reason) => {
    closing = { code, reason: reason.toString() }
  })
  await once(socket, 'open')
  return {
    socket,
    heard,
    seqs: () => heard.filter((frame) => frame.type !== '#info').map((frame) => frame.seq),
    /** Waits for `count` frames, and returns all that were heard. */
    async hears(count: number): Promise<Heard[]> {
      await vi.waitUntil(() => heard.length >= count, { timeout: 15_000, interval: 2 })
      return heard
    },
    async closed(): Promise<{ code: number; reason: string }> {
      return vi.waitUntil(() => closing, { timeout: 15_000, interval: 2 })
    },
  }
}
