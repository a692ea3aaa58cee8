import { type Account, type Answer, expectOk, type House } from '../load/house.ts'
import { tid } from '../load/tid.ts'
import type { Case, Operations, Scale } from './case.ts'
import { type Measure, memoryGrowth } from './measure.ts'

interface BlobLine {
  readonly megabytes: number
  readonly inFlight: number
}

/** A megabyte is 1,000,000 bytes. */
const megabyte = 1_000_000
const accountCount = 4

export const blobLines: readonly BlobLine[] = [1, 100].flatMap((megabytes) =>
  [1, 16].map((inFlight) => ({ megabytes, inFlight })),
)

/** Blobs that nobody has seen before, of bytes that say nothing of their type. */
export function uploadBlob(line: BlobLine, scale: Scale): Case {
  const { ops } = line.megabytes === 1 ? { ops: scale.quick ? 16 : 128 } : largeRound(line)
  return {
    ...common('uploadBlob', line),
    ops,
    open: async (house) => {
      const accounts = await house.sharedAccounts(accountCount)
      let first = 0
      return {
        prepare: async () => {
          first = house.reserveRkeys(ops)
        },
        op: (index) => upload(house, accounts[index % accountCount], { number: first + index, ...line }),
        contents: async () => '',
      }
    },
  }
}

/** Some blobs that records refer to, in turn. */
export function getBlob(line: BlobLine, scale: Scale): Case {
  const { ops } = line.megabytes === 1 ? { ops: scale.quick ? 32 : 512 } : largeRound(line)
  return { ...common('getBlob', line), ops, open: (house) => openDownloads(house, line) }
}

async function openDownloads(house: House, line: BlobLine): Promise<Operations> {
  const [account] = await house.sharedAccounts(1)
  const first = house.reserveRkeys(accountCount)
  const cids: string[] = []
  for (let number = first; number < first + accountCount; number++) {
    const { blob } = JSON.parse((await upload(house, account, { number, ...line })).body)
    const record = { $type: 'com.example.blob', blob }
    const body = { repo: account?.did, collection: 'com.example.blob', rkey: tid(number), record }
    expectOk(await house.post('com.atproto.repo.putRecord', body, account))
    cids.push(blob.ref.$link)
  }
  return {
    op: async (index) => {
      const params = { did: account?.did ?? '', cid: cids[index % cids.length] ?? '' }
      const { status, body } = await house.open('com.atproto.sync.getBlob', params)
      let bytes = 0
      for await (const chunk of body) bytes += chunk.length
      return { status, body: '', bytes }
    },
    contents: async () => cids.join(),
  }
}

function largeRound({ inFlight }: BlobLine): { ops: number } {
  return { ops: inFlight === 1 ? 4 : 16 }
}

function common(name: string, { megabytes, inFlight }: BlobLine) {
  return {
    name: `${name}-${megabytes}MB-${inFlight}`,
    inFlight,
    watchesMemory: true,
    ...(megabytes > 1 && { roundsMax: 1 }),
    measures: [mbPerSecond, cpuPerMb(megabytes), memoryGrowth()],
  }
}

const mbPerSecond: Measure = { label: 'MB/s', of: (summary) => summary.mbPerSecond }

function cpuPerMb(megabytes: number): Measure {
  return { label: 'CPU ms/MB', of: ({ cpuMs }) => cpuMs / megabytes }
}

/** The same bytes on both sides, and no two blobs alike. */
async function upload(
  house: House,
  account: Account | undefined,
  { number, megabytes }: { number: number; megabytes: number },
): Promise<Answer> {
  const answer = await house.upload(numbered(number, megabytes), account)
  return { ...answer, bytes: megabytes * megabyte }
}

/** Zeros and a number; hashed and stored they cost what others do. */
function* numbered(number: number, megabytes: number): Iterable<Uint8Array> {
  const head = Buffer.alloc(megabyte)
  head.write(`blob ${megabytes} ${number}`)
  yield head
  for (let left = megabytes - 1; left > 0; left--) yield zeros
}

const zeros = Buffer.alloc(megabyte)
