import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** A name server of TXT records on a free UDP port of 127.0.0.1. */
export interface TestDns extends AsyncDisposable {
  /** `127.0.0.1:port` */
  readonly address: string
  /** By name, lower-case; what is not here does not exist. `silent`: nobody answers. */
  readonly records: Map<string, readonly string[] | 'silent'>
  /** Names in the order in which they were asked for. */
  readonly asked: string[]
}

export async function testDns(): Promise<TestDns> {
  const socket = createSocket('udp4')
  const records: TestDns['records'] = new Map()
  const asked: string[] = []
  socket.on('message', (query, { port, address }) => {
    const { name, end } = readName(query, headerBytes)
    asked.push(name)
    const texts = records.get(name)
    if (texts !== 'silent') socket.send(answer(query.subarray(0, end + 4), texts), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    records,
    asked,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => socket.close(() => resolve()))
    },
  }
}

const headerBytes = 12

/** The name that begins there, and where it ends. Questions are never compressed. */
function readName(query: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = []
  let at = start
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

/** RFC 1035: the question comes back, with a record for each text; NXDOMAIN where there is none. */
function answer(question: Buffer, texts: readonly string[] | undefined): Buffer {
  const head = Buffer.from(question)
  head.writeUInt16BE(texts === undefined ? 0x8183 : 0x8180, 2)
  head.writeUInt16BE(texts?.length ?? 0, 6)
  head.writeUInt32BE(0, 8)
  return Buffer.concat([head, ...(texts ?? []).map(txtRecord)])
}

function txtRecord(text: string): Buffer {
  const bytes = Buffer.from(text)
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; at += 255) {
    const piece = bytes.subarray(at, at + 255)
    pieces.push(Buffer.from([piece.length]), piece)
  }
  const data = Buffer.concat(pieces)
  // The question's name, TXT, IN, a TTL of 0.
  const fixed = Buffer.from([0xc0, headerBytes, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0])
  fixed.writeUInt16BE(data.length, 10)
  return Buffer.concat([fixed, data])
}
