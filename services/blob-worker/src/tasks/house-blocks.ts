import { blockDigests } from '@heronry/blobs/apply-blocks'
import { listBlocks, removeBlocks, wholeHouse } from '@heronry/blobs/block-list'
import { blocksPerCallMax } from '@heronry/blobs/limits'
import type { TaskConfig } from '@heronry/config/house-config'
import type { Digest } from '@heronry/core/cid'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { inTaskDatabase } from '@heronry/xrpc/process/in-task-database'

export interface HouseBlock {
  readonly sha256: string
  readonly note?: string
}

/** The digests that nobody in the house may store. */
export function listHouseBlocks({ databaseUrl }: TaskConfig): Promise<HouseBlock[]> {
  return inTaskDatabase(databaseUrl, async ({ db }) => {
    const blocks: HouseBlock[] = []
    for await (const page of pagesOf(db)) {
      for (const { digest, note } of page) {
        blocks.push({ sha256: Buffer.from(digest).toString('hex'), ...(note && { note }) })
      }
    }
    return blocks
  })
}

async function* pagesOf(db: Database) {
  for (let after: Digest | undefined; ; ) {
    const page = await listBlocks(db, { list: wholeHouse, after, limit: blocksPerCallMax })
    yield page
    after = page.at(-1)?.digest
    if (after === undefined) return
  }
}

/** Adds to them; what is stored of them already is taken down by a job. */
export function addHouseBlocks(
  { databaseUrl }: TaskConfig,
  { sha256s, note }: { sha256s: readonly string[]; note: string | null },
): Promise<{ added: number }> {
  return inTaskDatabase(databaseUrl, async ({ db }) => {
    let added = 0
    for (const digests of batchesOf(sha256s)) {
      const entries = digests.map((digest) => ({ digest, note }))
      added += await inTransaction(db, { name: 'block digests' }, (tx) =>
        blockDigests(tx, { list: wholeHouse, entries }),
      )
    }
    return { added }
  })
}

/** Takes from them; what was taken down stays so. */
export function removeHouseBlocks(
  { databaseUrl }: TaskConfig,
  sha256s: readonly string[],
): Promise<{ removed: number }> {
  return inTaskDatabase(databaseUrl, async ({ db }) => {
    let removed = 0
    for (const digests of batchesOf(sha256s)) {
      removed += await inTransaction(db, { name: 'unblock digests' }, (tx) =>
        removeBlocks(tx, { list: wholeHouse, digests }),
      )
    }
    return { removed }
  })
}

function* batchesOf(sha256s: readonly string[]): Generator<Digest[]> {
  const wrong = sha256s.find((text) => !/^[0-9a-f]{64}$/i.test(text))
  if (wrong !== undefined) throw new Error(`${wrong} is not a SHA-256 in 64 hexadecimal digits`)
  for (let start = 0; start < sha256s.length; start += blocksPerCallMax) {
    const texts = sha256s.slice(start, start + blocksPerCallMax)
    yield texts.map((text) => new Uint8Array(Buffer.from(text, 'hex')) as Digest)
  }
}
