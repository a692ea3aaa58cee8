import { decode } from '@atproto/lex-cbor'
import type { Cid } from '@atproto/lex-data'
import { readCarWithRoot } from '@atproto/repo'
import type { FirehoseMessage } from '../firehose-consumer.ts'
import type { ToldCommit } from './checker.ts'

/** What each #commit frame says, read once however many subscribers got it. */
export class ToldCommits {
  readonly #known = new Set<string>()
  readonly #commits = new Map<string, ToldCommit>()
  #reading: Promise<void> = Promise.resolve()

  add(digest: string, message: FirehoseMessage): void {
    if (message.type !== '#commit' || this.#known.has(digest)) return
    this.#known.add(digest)
    this.#reading = this.#reading.then(async () => {
      this.#commits.set(digest, await readCommit(message))
    })
    this.#reading.catch(() => {})
  }

  /** By digest; rejects where a frame's blocks are not what its fields say. */
  async all(): Promise<ReadonlyMap<string, ToldCommit>> {
    await this.#reading
    return this.#commits
  }
}

async function readCommit({ did, body, seq }: FirehoseMessage): Promise<ToldCommit> {
  const { root, blocks } = await readCarWithRoot(body.blocks ?? new Uint8Array())
  const block = blocks.get(root)
  if (block === undefined || String(body.commit) !== root.toString())
    throw new Error(`The commit block of seq ${seq} is missing`)
  const { data, rev } = decode(block) as unknown as { data: Cid; rev: string }
  if (rev !== body.rev) throw new Error(`The rev of seq ${seq} is ${body.rev}, not ${rev}`)
  const { since = null, prevData } = body
  return {
    did,
    cid: root.toString(),
    rev,
    since,
    data: data.toString(),
    prevData: prevData?.toString() ?? null,
  }
}
