import { byteaArray, int2Array, int4Array, int8Array, textArray } from '@heronry/db/binary-array'
import type { Chain } from './chain.ts'
import type { BatchNeeds } from './commit-sql.ts'

/** What `commitSql` takes, in its order; `i` is a chain's place among the chains. */
export function commitParameters(chains: readonly Chain[], { blobs, backlinks }: BatchNeeds): Buffer[] {
  const parameters = [
    ...chainParameters(chains),
    ...recordParameters(chains),
    ...nodeParameters(chains),
    ...eventParameters(chains),
  ]
  if (blobs) parameters.push(...blobParameters(chains))
  if (backlinks) parameters.push(...backlinkParameters(chains))
  return parameters
}

function chainParameters(chains: readonly Chain[]): Buffer[] {
  return [
    int4Array(chains.map((_, index) => index)),
    int8Array(chains.map(({ actor }) => actor.id)),
    int4Array(chains.map(({ actor }) => actor.communityId)),
    byteaArray(chains.map(({ oldHead }) => oldHead)),
    byteaArray(chains.map(({ head }) => head)),
    int8Array(chains.map(({ rev }) => rev)),
    byteaArray(chains.map(({ data }) => data)),
    byteaArray(chains.map(({ commit }) => commit)),
    int4Array(chains.map(({ records }) => records.filter(({ cid }) => cid !== null).length)),
    int8Array(
      chains.map(({ records }) => BigInt(records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0))),
    ),
  ]
}

function recordParameters(chains: readonly Chain[]): Buffer[] {
  const { items, of } = flattened(chains, 'records')
  return [
    int4Array(of),
    textArray(items.map(({ path }) => path)),
    byteaArray(items.map(({ cid }) => cid)),
    int8Array(items.map(({ rev }) => rev)),
    byteaArray(items.map(({ value }) => value)),
  ]
}

function nodeParameters(chains: readonly Chain[]): Buffer[] {
  const { items, of } = flattened(chains, 'nodes')
  return [
    int4Array(of),
    int2Array(items.map(({ layer }) => layer)),
    textArray(items.map(({ lo }) => lo)),
    byteaArray(items.map(({ cid }) => cid)),
    byteaArray(items.map(({ body }) => body)),
  ]
}

function eventParameters(chains: readonly Chain[]): Buffer[] {
  const { items, of } = flattened(chains, 'events')
  return [
    int4Array(of),
    int2Array(items.map(({ kind }) => kind)),
    int4Array(items.map(({ seqAt }) => seqAt)),
    byteaArray(items.map(({ body }) => body)),
  ]
}

function blobParameters(chains: readonly Chain[]): Buffer[] {
  const { items, of } = flattened(chains, 'blobs')
  return [int4Array(of), textArray(items.map(({ path }) => path)), byteaArray(items.map(({ cid }) => cid))]
}

function backlinkParameters(chains: readonly Chain[]): Buffer[] {
  const { items, of } = flattened(chains, 'backlinks')
  return [
    int4Array(of),
    textArray(items.map(({ path }) => path)),
    int2Array(items.map(({ kind }) => kind)),
    byteaArray(items.map(({ subject }) => subject)),
  ]
}

type Parts = Pick<Chain, 'records' | 'nodes' | 'events' | 'blobs' | 'backlinks'>

/** The parts of all chains, and of which chain each is. */
function flattened<K extends keyof Parts>(
  chains: readonly Chain[],
  kind: K,
): { items: Parts[K][number][]; of: number[] } {
  const items: Parts[K][number][] = []
  const of: number[] = []
  for (const [index, chain] of chains.entries()) {
    for (const item of chain[kind]) {
      items.push(item)
      of.push(index)
    }
  }
  return { items, of }
}
