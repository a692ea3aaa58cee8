import { randomBytes } from 'node:crypto'
import { encode } from '@atproto/lex-cbor'
import { repoCar } from '@heronry/testing/repo-car'
import { rootsOf } from '../load/contents.ts'
import type { Account, House } from '../load/house.ts'
import type { Case, Scale } from './case.ts'
import { cpu, type Measure, memoryGrowth } from './measure.ts'

/** Of a moment that has passed. */
const rev = '3kaaaaaaaaa22'

const mbPerSecond: Measure = { label: 'MB/s', of: (summary) => summary.mbPerSecond }

function recordsPerSecond(count: number): Measure {
  return { label: 'records/s', of: ({ perSecond }) => count * perSecond }
}

/** Whole repos of posts, each into an empty account of its own. Nobody's key has signed them: ours looks for one, the reference does not. */
export function importRepo({ records, quick }: Scale & { records: number }): Case {
  const count = quick ? records / 100 : records
  const ops = records > 10_000 || quick ? 1 : 3
  return {
    name: `importRepo-${records / 1_000}k`,
    inFlight: 1,
    ops,
    watchesMemory: true,
    measures: [mbPerSecond, recordsPerSecond(count), memoryGrowth({ atMostMb: 300 }), cpu(1 / 5)],
    open: async (house) => {
      let accounts: Account[] = []
      let cars: Buffer[] = []
      return {
        prepare: async () => {
          accounts = await house.newAccounts(ops)
          cars = accounts.map(({ did }) => carOf(did, count))
        },
        op: (index) => send(house, accounts[index] as Account, cars[index] as Buffer),
        contents: () => rootsOf(house, accounts),
      }
    },
  }
}

async function send(house: House, { authorization }: Account, car: Buffer) {
  const answer = await house.postBytes('com.atproto.repo.importRepo', car, {
    authorization,
    'content-type': 'application/vnd.ipld.car',
  })
  return { ...answer, bytes: car.length }
}

function carOf(did: string, count: number): Buffer {
  const sign = () => new Uint8Array(randomBytes(64))
  return Buffer.concat([...repoCar({ did, rev, sign, records: () => posts(count) }).chunks()])
}

function* posts(count: number): Generator<{ path: string; value: Uint8Array }> {
  const said = 'which has as much to say as others have. '.repeat(3)
  for (let n = 0; n < count; n++) {
    const record = {
      $type: 'app.bsky.feed.post',
      text: `Post ${n}, ${said}`,
      createdAt: '2026-11-21T10:00:00.000Z',
    }
    yield { path: `app.bsky.feed.post/3l${String(n).padStart(11, '0')}`, value: encode(record) }
  }
}
