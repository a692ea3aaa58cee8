import { decode, encode } from '@atproto/lex-cbor'
import { ifCid } from '@atproto/lex-data'
import { cidString, type Digest, digestOf, digestsEqual, sha256 } from '@heronry/core/cid'
import type { Did } from '@heronry/core/did'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { openSnapshot } from '@heronry/db/open-snapshot'
import { TreeBuilder } from '@heronry/mst/build-tree'
import { verifySignature } from '@heronry/vault/secp256k1'
import { DamagedTreeError } from './damaged-tree.ts'
import { recordRows } from './export-rows.ts'
import { findRepo, type RepoHead } from './find-repo.ts'
import { repoProblemsMax } from './read-limits.ts'
import { treeBlocks } from './tree-blocks.ts'

export interface RepoReport {
  readonly head: string
  readonly rev: string
  readonly records: number
  readonly nodes: number
  /** Of the records. */
  readonly bytes: number
  /** What is wrong, the first `repoProblemsMax` of it; none: the repo is whole. */
  readonly problems: readonly string[]
}

/** Whose the repo should be: `didKey` is the key its head is signed with. */
export interface RepoOwner {
  readonly actorId: ActorId
  readonly did: Did
  readonly didKey: string
}

/**
 * Looks at everything that a repo is, in one snapshot, and changes nothing: that the head is a commit of its owner, signed, over
 * `repo.data`; that every record has the CID it is stored under, and all of them together make `repo.data`; that the stored nodes
 * are that tree. Commits go on meanwhile. Memory is bounded by pages (read-limits.ts). Undefined where there is no repo.
 *
 * What is wrong with nodes alone is mended by whoever next reads the repo (rebuild-nodes.ts); a damaged record or commit is not.
 */
export async function verifyRepo(db: Database, owner: RepoOwner): Promise<RepoReport | undefined> {
  await using snapshot = await openSnapshot(db)
  const repo = await findRepo(snapshot.tx, owner.actorId)
  if (repo === undefined) return undefined
  const problems = new Problems()
  for (const problem of commitProblems(repo, owner)) problems.add(problem)
  const { records, bytes } = await checkRecords(snapshot.tx, { repo, problems })
  const nodes = await checkNodes(snapshot.tx, { repo, problems })
  return { head: cidString(repo.head), rev: repo.rev, records, nodes, bytes, problems: problems.all }
}

function commitProblems({ head, commit, rev, data }: RepoHead, { did, didKey }: RepoOwner): string[] {
  if (!digestsEqual(sha256(commit), head)) return ['The commit block is not the one that the head names']
  const { sig, ...unsigned } = decode(commit) as Record<string, unknown>
  const problems: string[] = []
  if (unsigned['did'] !== did) problems.push(`The commit is of ${unsigned['did']}, not of ${did}`)
  if (unsigned['version'] !== 3) problems.push(`The commit has version ${unsigned['version']}, not 3`)
  if (unsigned['rev'] !== rev) problems.push(`The commit has the revision ${unsigned['rev']}, not ${rev}`)
  if (!namesDigest(unsigned['data'], data)) problems.push('The commit names another tree than the repo')
  const isSigned =
    sig instanceof Uint8Array && verifySignature(encode(unsigned as never), { didKey, signature: sig })
  if (!isSigned) problems.push(`The commit is not signed by ${didKey}`)
  return problems
}

function namesDigest(value: unknown, expected: Digest): boolean {
  const cid = typeof value === 'object' && value !== null ? ifCid(value) : null
  const digest = cid && digestOf(cid)
  return digest !== null && digestsEqual(digest, expected)
}

interface Check {
  readonly repo: RepoHead
  readonly problems: Problems
}

async function checkRecords(tx: Transaction, { repo, problems }: Check) {
  const rows = recordRows(tx, { storeId: repo.storeId })
  const builder = new TreeBuilder(() => {})
  let records = 0
  let bytes = 0
  for (let row = await rows.peek(); row !== undefined; row = await rows.peek()) {
    rows.skip()
    records++
    bytes += row.value.length
    if (!digestsEqual(sha256(row.value), row.cid))
      problems.add(`The record ${row.path} is not what its CID names`)
    builder.add(row)
  }
  const root = builder.finish().digest as Digest
  if (!digestsEqual(root, repo.data)) {
    problems.add(`The records make the tree ${cidString(root)}, not ${cidString(repo.data)}`)
  }
  return { records, bytes }
}

async function checkNodes(tx: Transaction, { repo, problems }: Check): Promise<number> {
  let nodes = 0
  try {
    for await (const _ of treeBlocks(tx, { storeId: repo.storeId, data: repo.data })) nodes++
  } catch (error) {
    if (!(error instanceof DamagedTreeError)) throw error
    problems.add(error.message)
  }
  return nodes
}

class Problems {
  readonly all: string[] = []

  add(problem: string): void {
    if (this.all.length < repoProblemsMax) this.all.push(problem)
  }
}
