import { parentPort, workerData } from 'node:worker_threads'
import { type Endpoint, Subscriber } from './subscriber.ts'
import { type Recording, Tape } from './tape.ts'

export interface Setup extends Omit<Endpoint, 'localAddress'> {
  readonly count: number
  /** Messages that each subscriber has got: shared memory. */
  readonly received: Int32Array
}

export type Order =
  | { kind: 'connect' }
  | { kind: 'pause'; upto: number }
  | { kind: 'resume' }
  | { kind: 'hand over' }

export type Report =
  | { kind: 'ready' }
  | { kind: 'open' }
  | { kind: 'closed'; index: number; why: string; lastWords: string }
  | { kind: 'differs'; index: number }
  | { kind: 'tape'; recording: Recording }

/** A message as short as this says something of the stream itself. */
const wordsBytesMax = 200

const { count, received, ...endpoint } = workerData as Setup
const tape = new Tape()
let subscribers: readonly Subscriber[] = []
parentPort?.on('message', obey)
report({ kind: 'ready' })

async function connect(): Promise<void> {
  subscribers = Array.from({ length: count }, (_, index) => subscriber(index))
  await Promise.all(subscribers.map(({ opened }) => opened.promise)).catch(() => {})
  report({ kind: 'open' })
}

function obey(order: Order): void {
  if (order.kind === 'connect') void connect()
  if (order.kind === 'pause') for (const it of subscribers.slice(0, order.upto)) it.pause()
  if (order.kind === 'resume') for (const it of subscribers) it.resume()
  if (order.kind === 'hand over') report({ kind: 'tape', recording: tape.recorded() })
}

function subscriber(index: number): Subscriber {
  let place = 0
  let lastWords = ''
  let closed = false
  const localAddress = `127.0.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`
  return new Subscriber(
    { ...endpoint, localAddress },
    {
      data: (bytes, { length, at }) => {
        if (length < wordsBytesMax) {
          lastWords += bytes.toString('latin1')
          return
        }
        const isSame = tape.take(place, bytes)
        place += bytes.length
        const isEnd = at + bytes.length === length
        if (!isSame || (isEnd && !tape.end(received[index] ?? 0, place))) report({ kind: 'differs', index })
        if (isEnd) Atomics.add(received, index, 1)
      },
      closed: (why) => {
        if (!closed) report({ kind: 'closed', index, why, lastWords })
        closed = true
      },
    },
  )
}

function report(message: Report): void {
  parentPort?.postMessage(message)
}
