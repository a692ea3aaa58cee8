import { hash } from 'node:crypto'
import { type Cid, decode } from '@atproto/lex-cbor'
import { readCarWithRoot } from '@atproto/repo'
import type { Account, House } from './house.ts'
import { inParallel } from './in-parallel.ts'

const readersAtOnce = 8

/** The root of each repo's tree, one a line: equal on both sides after the same writes. */
export async function rootsOf(house: House, accounts: readonly Account[]): Promise<string> {
  const roots: string[] = []
  await inParallel({ count: accounts.length, inFlight: readersAtOnce }, async (index) => {
    const did = accounts[index]?.did ?? ''
    // Any proof has the commit in it.
    const params = { did, collection: 'app.bsky.actor.profile', rkey: 'self' }
    roots[index] = (await readCar(house, { method: 'com.atproto.sync.getRecord', params })).data
  })
  return roots.join('\n')
}

/** The root of a repo's tree, and a digest over the CIDs of all blocks of its export but the commit. */
export async function exportOf(house: House, account: Account): Promise<string> {
  const params = { did: account.did }
  const { data, cids } = await readCar(house, { method: 'com.atproto.sync.getRepo', params })
  return `${data}, ${cids.length} blocks: ${hash('sha256', cids.toSorted().join())}`
}

async function readCar(house: House, { method, params }: { method: string; params: Record<string, string> }) {
  const { status, body } = await house.open(method, params)
  const bytes = new Uint8Array(await body.arrayBuffer())
  if (status !== 200) throw new Error(`${house.side.name}: ${method}: ${status}`)
  const { root, blocks } = await readCarWithRoot(bytes)
  const commit = blocks.get(root)
  if (commit === undefined) throw new Error(`${house.side.name}: ${method}: no commit`)
  const { data } = decode<{ data: Cid }>(commit)
  const cids = blocks.entries().flatMap(({ cid }) => (cid.equals(root) ? [] : cid.toString()))
  return { data: data.toString(), cids }
}
