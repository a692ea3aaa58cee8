import { encode } from '@atproto/lex-cbor'
import { cidOf, type Digest, sha256 } from '@heronry/core/cid'
import { type Did, parseDid } from '@heronry/core/did'
import type { ActorId, StoreId } from '@heronry/core/ids'
import { type Rev, revNumber } from '@heronry/core/rev'
import type { Database } from '@heronry/db/database'
import { TreeBuilder } from '@heronry/mst/build-tree'
import { didKeyOfPrivateKey, generatePrivateKey, signWith } from '@heronry/vault/secp256k1'
import type { RepoHead } from '../src/find-repo.ts'

export interface SeedRecord {
  path: string
  value: Record<string, string>
  rev?: Rev
  takedown?: number
  /** Digests of blobs the record refers to. */
  blobs?: Digest[]
}

export interface SeededRepo extends RepoHead {
  did: Did
  didKey: string
  privateKey: Uint8Array
}

export const firstRev = '3l4ihtedzjc22' as Rev

/** Writes a repo's rows in one go, without the engine: the reads are tested against what stands in the tables alone. */
export async function seedRepo(
  db: Database,
  { actorId, records, published = true }: { actorId: bigint; records: SeedRecord[]; published?: boolean },
): Promise<SeededRepo> {
  const storeId = (actorId + 1000n) as StoreId
  const did = parseDid(`did:web:actor-${actorId}.example`)
  const privateKey = generatePrivateKey()
  const rows = records
    .map(({ path, value, rev = firstRev, takedown = 0, blobs = [] }) => {
      const bytes = encode(value)
      return { path, value: bytes, cid: sha256(bytes), rev, takedown, blobs }
    })
    .sort((left, right) => (left.path < right.path ? -1 : 1))
  const data = await seedTree(db, { storeId, rows })
  const unsigned = { did, version: 3, rev: firstRev, prev: null, data: cidOf(data) }
  const commit = encode({ ...unsigned, sig: signWith(privateKey, encode(unsigned)) })
  const repo: RepoHead = {
    actorId: actorId as ActorId,
    storeId,
    head: sha256(commit),
    rev: firstRev,
    data,
    commit,
    writable: true,
    published,
  }
  await db.insertInto('repo').values(repoRow(repo, records.length)).execute()
  return { ...repo, did, didKey: didKeyOfPrivateKey(privateKey), privateKey }
}

interface Row {
  path: string
  value: Uint8Array
  cid: Digest
  rev: Rev
  takedown: number
  blobs: Digest[]
}

async function seedTree(db: Database, { storeId, rows }: { storeId: StoreId; rows: Row[] }): Promise<Digest> {
  const nodes: { store_id: bigint; layer: number; lo: string; cid: Digest; body: Uint8Array }[] = []
  const builder = new TreeBuilder((node) => {
    if (node.layer > 0) nodes.push({ store_id: storeId, ...node })
  })
  for (const row of rows) builder.add(row)
  const root = builder.finish()
  const records = rows.map(({ path, value, cid, rev, takedown }) => {
    return { store_id: storeId, path, value, cid, rev: revNumber(rev), takedown }
  })
  const blobs = rows.flatMap(({ path, blobs }) => blobs.map((cid) => ({ store_id: storeId, path, cid })))
  for (let at = 0; at < records.length; at += 1000) {
    await db
      .insertInto('record')
      .values(records.slice(at, at + 1000))
      .execute()
  }
  if (nodes.length > 0) await db.insertInto('mst_node').values(nodes).execute()
  if (blobs.length > 0) await db.insertInto('record_blob').values(blobs).execute()
  return root.digest as Digest
}

function repoRow(repo: RepoHead, recordCount: number) {
  return {
    actor_id: repo.actorId,
    store_id: repo.storeId,
    head: repo.head,
    rev: revNumber(repo.rev),
    data: repo.data,
    commit: repo.commit,
    record_count: BigInt(recordCount),
    byte_count: 0n,
    writable: repo.writable,
    published: repo.published,
  }
}
