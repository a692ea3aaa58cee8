import { verifySignature } from '@atproto/crypto'
import { decode, encode } from '@atproto/lex-cbor'
import type { Cid, LexValue } from '@atproto/lex-data'
import { MemoryBlockstore, MST, readCarWithRoot, verifyRepoCar } from '@atproto/repo'
import type { CommitOp, FirehoseMessage } from './firehose-consumer.ts'

interface SignedCommit {
  did: string
  rev: string
  data: Cid
  sig: Uint8Array
}

interface ReplayedRepo {
  rev: string
  data: string
  /** path → CID of the record. */
  records: Map<string, string>
}

/**
 * What a relay does with a firehose (https://atproto.com/specs/sync): checks every commit's signature, that it follows the
 * one before, and that its operations, undone, lead back to `prevData`; and keeps what the repos now hold.
 */
export class RepoVerifier {
  readonly repos = new Map<string, ReplayedRepo>()
  readonly #plcUrl: string
  readonly #fetchRepo: (did: string) => Promise<Uint8Array>
  readonly #keys = new Map<string, string>()

  /** Where it fetches a repo again when a #sync tells of another tree. */
  constructor(plcUrl: string, { houseUrl, fetchRepo = getRepo(houseUrl) }: VerifierOptions = {}) {
    this.#plcUrl = plcUrl
    this.#fetchRepo = fetchRepo
  }

  /** Throws for a #commit or #sync that a relay would drop. */
  async accept(message: FirehoseMessage): Promise<void> {
    if (message.type === '#commit') await this.#acceptCommit(message)
    if (message.type === '#sync') await this.#acceptSync(message)
    // Whoever has moved signs with another key.
    if (message.type === '#identity') this.#keys.delete(message.did)
  }

  /** Throws unless the exported CAR is signed by the account and holds just what the firehose told. */
  async expectSameRepo(did: string, car: Uint8Array): Promise<void> {
    const replayed = this.repos.get(did)
    if (replayed === undefined) throw new Error(`The firehose never spoke of ${did}`)
    const { creates } = await verifyRepoCar(car, did, await this.#signingKey(did))
    const records = new Map(creates.map((it) => [`${it.collection}/${it.rkey}`, it.cid.toString()]))
    const { root, blocks } = await readCarWithRoot(car)
    const commit = decode(required(blocks.get(root), 'commit block')) as unknown as SignedCommit
    expectEqual('root', commit.data.toString(), replayed.data)
    expectEqual('rev', commit.rev, replayed.rev)
    expectEqual('records', JSON.stringify([...records].sort()), JSON.stringify([...replayed.records].sort()))
  }

  async #acceptCommit({ did, body, seq }: FirehoseMessage): Promise<void> {
    const { root, blocks } = await readCarWithRoot(body.blocks ?? new Uint8Array())
    const commit = decode(required(blocks.get(root), 'commit block')) as unknown as SignedCommit
    await this.#checkCommit(did, commit)
    expectEqual(`commit of ${seq}`, String(body.commit), root.toString())
    expectEqual(`rev of ${seq}`, body.rev, commit.rev)
    const known = this.repos.get(did)
    expectEqual(`since of ${seq}`, body.since ?? null, known?.rev ?? null)
    if (known !== undefined) {
      if (commit.rev <= known.rev) throw new Error(`rev ${commit.rev} does not follow ${known.rev}`)
      expectEqual(`prevData of ${seq}`, String(body.prevData), known.data)
      const tree = MST.load(new MemoryBlockstore(blocks), commit.data)
      expectEqual(`inverse of ${seq}`, (await inverted(tree, body.ops ?? [])).toString(), known.data)
    }
    const records = known?.records ?? new Map<string, string>()
    for (const op of body.ops ?? []) applyOp(records, op)
    this.repos.set(did, { rev: commit.rev, data: commit.data.toString(), records })
  }

  async #acceptSync({ did, body }: FirehoseMessage): Promise<void> {
    const { root, blocks } = await readCarWithRoot(body.blocks ?? new Uint8Array())
    const commit = decode(required(blocks.get(root), 'commit block')) as unknown as SignedCommit
    await this.#checkCommit(did, commit)
    const known = this.repos.get(did)
    // A #sync that is not later than what is known tells nothing new, and is ignored.
    if (known !== undefined && commit.rev > known.rev) {
      if (commit.data.toString() === known.data) known.rev = commit.rev
      else await this.#fetchAgain(did)
      return
    }
    expectEqual('data of #sync', commit.data.toString(), known?.data)
  }

  /** What was believed of a repo is not so any more: its host says what is. */
  async #fetchAgain(did: string): Promise<void> {
    const car = await this.#fetchRepo(did)
    const { creates } = await verifyRepoCar(car, did, await this.#signingKey(did))
    const { root, blocks } = await readCarWithRoot(car)
    const { rev, data } = decode(required(blocks.get(root), 'commit block')) as unknown as SignedCommit
    const records = new Map(creates.map((it) => [`${it.collection}/${it.rkey}`, it.cid.toString()]))
    this.repos.set(did, { rev, data: data.toString(), records })
  }

  async #checkCommit(did: string, { sig, ...unsigned }: SignedCommit): Promise<void> {
    expectEqual('did of the commit', unsigned.did, did)
    const bytes = encode(unsigned as unknown as LexValue)
    if (!(await verifySignature(await this.#signingKey(did), bytes, sig))) {
      throw new Error(`The commit ${unsigned.rev} of ${did} is not signed by its account`)
    }
  }

  async #signingKey(did: string): Promise<string> {
    const known = this.#keys.get(did)
    if (known !== undefined) return known
    const key = did.startsWith('did:web:') ? await keyOfDidWeb(did) : await this.#keyOfPlc(did)
    this.#keys.set(did, key)
    return key
  }

  async #keyOfPlc(did: string): Promise<string> {
    const response = await fetch(`${this.#plcUrl}/${did}/data`)
    const { verificationMethods } = (await response.json()) as { verificationMethods: { atproto: string } }
    return verificationMethods.atproto
  }
}

async function keyOfDidWeb(did: string): Promise<string> {
  const host = decodeURIComponent(did.slice('did:web:'.length))
  const response = await fetch(`http://${host}/.well-known/did.json`)
  const document = (await response.json()) as { verificationMethod: { publicKeyMultibase: string }[] }
  return `did:key:${document.verificationMethod[0]?.publicKeyMultibase}`
}

interface VerifierOptions {
  houseUrl?: string
  fetchRepo?: (did: string) => Promise<Uint8Array>
}

const getRepo = (houseUrl: string | undefined) => async (did: string) => {
  const answer = await fetch(`${houseUrl}/xrpc/com.atproto.sync.getRepo?did=${did}`)
  return new Uint8Array(await answer.arrayBuffer())
}

async function inverted(tree: MST, ops: CommitOp[]): Promise<Cid> {
  let before = tree
  for (const op of [...ops].reverse()) {
    if (op.action === 'create') before = await before.delete(op.path)
    if (op.action === 'update') before = await before.update(op.path, required(op.prev, 'prev'))
    if (op.action === 'delete') before = await before.add(op.path, required(op.prev, 'prev'))
  }
  return before.getPointer()
}

function applyOp(records: Map<string, string>, { path, cid }: CommitOp): void {
  if (cid === null) records.delete(path)
  else records.set(path, cid.toString())
}

function expectEqual(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what} is ${actual}, not ${expected}`)
}

function required<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`The ${what} is missing`)
  return value
}
