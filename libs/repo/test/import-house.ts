import { encode } from '@atproto/lex-cbor'
import type { LexMap } from '@atproto/lex-data'
import { systemClock } from '@heronry/core/clock'
import type { CommunityId } from '@heronry/core/ids'
import { nextRev } from '@heronry/core/rev'
import { type RepoCar, repoCar } from '@heronry/testing/repo-car'
import { verifySignature } from '@heronry/vault/secp256k1'
import { signerOfPrivateKey } from '@heronry/vault/vault'
import type { LargeImport } from '../src/import/import-job.ts'
import { type ImportDeps, importRepo, type RepoImport } from '../src/import/import-repo.ts'
import { ImportSeats } from '../src/import/import-seats.ts'
import type { RepoActor } from '../src/repo-state.ts'
import { repoHouse } from './repo-house.ts'

export type ImportHouse = Awaited<ReturnType<typeof importHouse>>
export type Mover = RepoActor & { readonly didKey: string; readonly sign: (bytes: Uint8Array) => Uint8Array }

/** A repo house into which actors move, each with a key at the host before. */
export async function importHouse() {
  const house = await repoHouse()
  const oldKeys = new Map<string, string>()
  const unverified: LargeImport[] = []
  const deps: ImportDeps = {
    ...house,
    clock: systemClock,
    seats: new ImportSeats(),
    isSigned: async ({ did, unsigned, signature }) =>
      verifySignature(unsigned, { didKey: oldKeys.get(did) ?? '', signature }),
    tellUnverified: async (_tx, large) => void unverified.push(large),
  }
  return {
    ...house,
    deps,
    /** Imports whose signature nobody could check. */
    unverified,
    async mover(options: { communityId?: CommunityId; writable?: boolean; published?: boolean } = {}) {
      const actor = await house.actor({ writable: false, ...options })
      const { didKey, privateKey } = house.vault.generate()
      oldKeys.set(actor.did, didKey)
      const { sign } = signerOfPrivateKey(privateKey)
      return { ...actor, sign }
    },
    /** What this actor of the house has signed is as good as if its host before had. */
    signedBy: ({ did, didKey }: { did: string; didKey: string }) => void oldKeys.set(did, didKey),
    import: (
      actor: RepoActor,
      car: Uint8Array | AsyncIterable<Uint8Array>,
      { deps: own, ...request }: Partial<RepoImport> & { deps?: Partial<ImportDeps> } = {},
    ) =>
      importRepo(
        { ...deps, ...own },
        {
          actor,
          body: car instanceof Uint8Array ? inChunks(car) : car,
          bytesMax: 2 ** 32,
          unverifiedFrom: undefined,
          ...request,
        },
      ),
  }
}

/** As a socket has them: cut anywhere. */
export async function* inChunks(bytes: Uint8Array, size = 10_007): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** What the host before would send. */
export function carOfMover(
  mover: Mover,
  records: Iterable<[path: string, record: LexMap]>,
  rev = nextRev(systemClock),
): RepoCar & { bytes: Buffer } {
  const rows = [...records]
    .map(([path, record]) => ({ path, value: encode(record) }))
    .sort((left, right) => (left.path < right.path ? -1 : 1))
  const car = repoCar({ did: mover.did, rev, sign: mover.sign, records: () => rows })
  return { ...car, bytes: Buffer.concat([...car.chunks()]) }
}

/** As a member has them: posts with pictures, likes, follows. */
export function* manyRecords(count: number): Generator<[path: string, record: LexMap]> {
  const createdAt = '2026-11-21T10:00:00.000Z'
  for (let n = 0; n < count; n++) {
    const rkey = `3l${String(n * 7).padStart(11, '2')}`
    if (n % 3 === 0)
      yield [`app.bsky.feed.post/${rkey}`, { $type: 'app.bsky.feed.post', text: `post ${n}`, createdAt }]
    else if (n % 3 === 1) {
      const subject = {
        uri: `at://did:plc:a/app.bsky.feed.post/${n}`,
        cid: 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a',
      }
      yield [`app.bsky.feed.like/${rkey}`, { $type: 'app.bsky.feed.like', subject, createdAt }]
    } else
      yield [
        `app.bsky.graph.follow/${rkey}`,
        { $type: 'app.bsky.graph.follow', subject: `did:plc:${n}`, createdAt },
      ]
  }
}
