import { verifySignature } from '@atproto/crypto'
import { decode, encode } from '@atproto/lex-cbor'
import type { Cid } from '@atproto/lex-data'
import { type BlockMap, MemoryBlockstore, MST, readCarWithRoot } from '@atproto/repo'
import { cidOf, cidString, type Digest, sha256 } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import { revOf } from '@heronry/core/rev'
import type { Database } from '@heronry/db/database'
import { eventKinds } from '@heronry/events/event'
import { TreeBuilder } from '@heronry/mst/build-tree'

/** A #commit as a consumer reads it. */
export interface CommitMessage {
  repo: string
  commit: Cid
  rev: string
  since: string | null
  prevData?: Cid
  ops: { action: 'create' | 'update' | 'delete'; path: string; cid: Cid | null; prev?: Cid }[]
  blocks: Uint8Array
}

/** The #commit events of an actor, in the order of their ids, seq spliced in as 0. */
export async function commitsOf(db: Database, actorId: ActorId): Promise<CommitMessage[]> {
  const rows = await db
    .selectFrom('event')
    .select(['body', 'seq_at'])
    .where('actor_id', '=', actorId)
    .where('kind', '=', eventKinds.commit)
    .orderBy('id')
    .execute()
  return rows.map(({ body, seq_at }) => {
    const bytes = Buffer.concat([body.subarray(0, seq_at), Uint8Array.of(0), body.subarray(seq_at)])
    return decode(bytes) as never
  })
}

/**
 * Follows an actor's firehose as a strict consumer, with the reference's code: every commit is signed, continues the one before, and inverts to
 * its prevData. Throws where it does not. Ends at what the tables hold, whose nodes must be those of a rebuild. Returns the number of commits.
 */
export async function verifyHistory(db: Database, actor: { id: ActorId; didKey: string }): Promise<number> {
  const commits = await commitsOf(db, actor.id)
  let before: { rev: string; data: string } | null = null
  let head = ''
  for (const message of commits) {
    const { blocks } = await readCarWithRoot(message.blocks)
    const commit = decode(blocks.get(message.commit) as Uint8Array) as {
      sig: Uint8Array
      data: Cid
      rev: string
    }
    const { sig, ...unsigned } = commit
    if (!(await verifySignature(actor.didKey, encode(unsigned), sig)))
      throw new Error('A commit is not signed')
    if (message.since !== (before?.rev ?? null))
      throw new Error(`${message.rev} does not follow ${before?.rev}`)
    if (before !== null && message.rev <= before.rev) throw new Error('A rev does not grow')
    if (message.prevData?.toString() !== before?.data) throw new Error('prevData is not the data before')
    if (before !== null && (await inverted(commit.data, blocks, message)) !== before.data) {
      throw new Error(`${message.rev} does not invert to its prevData`)
    }
    before = { rev: message.rev, data: commit.data.toString() }
    head = message.commit.toString()
  }
  await verifyTables(db, { actorId: actor.id, head, rev: before?.rev, data: before?.data })
  return commits.length
}

async function inverted(data: Cid, blocks: BlockMap, { ops }: CommitMessage): Promise<string> {
  let tree = MST.load(new MemoryBlockstore(blocks), data)
  for (const { action, path, cid, prev } of ops.toReversed()) {
    if (cid !== null && !blocks.has(cid)) throw new Error(`The record of ${path} is not in the event`)
    if (action === 'create') tree = await tree.delete(path)
    else tree = await tree[action === 'delete' ? 'add' : 'update'](path, prev as Cid)
  }
  return (await tree.getPointer()).toString()
}

interface Expected {
  actorId: ActorId
  head: string
  rev: string | undefined
  data: string | undefined
}

/** The repo row is the last commit; the reference's tree of the records has its root; counts and nodes are those of the records. */
async function verifyTables(db: Database, expected: Expected): Promise<void> {
  const repo = await db
    .selectFrom('repo')
    .selectAll()
    .where('actor_id', '=', expected.actorId)
    .executeTakeFirstOrThrow()
  const shown = {
    head: cidString(repo.head as Digest),
    rev: revOf(repo.rev) as string,
    data: cidString(repo.data as Digest),
  }
  same(shown, { head: expected.head, rev: expected.rev, data: expected.data }, 'the repo row')
  same(cidString(sha256(repo.commit)), shown.head, 'the commit block')
  const records = await db
    .selectFrom('record')
    .selectAll()
    .where('store_id', '=', repo.store_id)
    .orderBy('path')
    .execute()
  same(repo.record_count, BigInt(records.length), 'record_count')
  same(
    repo.byte_count,
    records.reduce((total, { value }) => total + BigInt(value.length), 0n),
    'byte_count',
  )
  let oracle = await MST.create(new MemoryBlockstore())
  const rebuilt: string[] = []
  const builder = new TreeBuilder(({ layer, lo, cid, body }) => {
    if (layer > 0) rebuilt.push(`${layer} ${lo} ${cidString(cid)} ${cidString(sha256(body))}`)
  })
  for (const { path, cid, value } of records) {
    same(cidString(cid as Digest), cidString(sha256(value)), path)
    oracle = await oracle.add(path, cidOf(cid as Digest))
    builder.add({ path, cid: cid as Digest })
  }
  builder.finish()
  same((await oracle.getPointer()).toString(), shown.data, 'the root')
  const nodes = await db.selectFrom('mst_node').selectAll().where('store_id', '=', repo.store_id).execute()
  const stored = nodes.map(
    ({ layer, lo, cid, body }) => `${layer} ${lo} ${cidString(cid as Digest)} ${cidString(sha256(body))}`,
  )
  same(stored.sort(), rebuilt.sort(), 'the nodes')
}

function same(found: unknown, expected: unknown, what: string): void {
  const [left, right] = [found, expected].map((value) =>
    JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part)),
  )
  if (left !== right) throw new Error(`${what}: found ${left}, expected ${right}`)
}
