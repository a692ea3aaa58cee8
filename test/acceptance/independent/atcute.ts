import { ComAtprotoSyncSubscribeRepos } from '@atcute/atproto'
import { fromUint8Array } from '@atcute/car'
import { decode, encode, fromBytes } from '@atcute/cbor'
import { toString as textOf } from '@atcute/cid'
import { type PublicKey, parseDidKey, Secp256k1PublicKey } from '@atcute/crypto'
import { FirehoseSubscription } from '@atcute/firehose'
import type { AtprotoDid } from '@atcute/lexicons/syntax'
import { MemoryBlockStore, NodeStore, verifyExclusion } from '@atcute/mst'
import { type Commit, isCommit, verifyRecord } from '@atcute/repo'
import type { House } from '../house.ts'
import type { IndependentConsumer, Told } from './consumer.ts'

type Message = ComAtprotoSyncSubscribeRepos.$message
type CommitMessage = ComAtprotoSyncSubscribeRepos.Commit

/**
 * Decoder, lexicon validation, signatures, CAR and tree of a code base that shares nothing with the reference's. It is given the
 * account's key by the PLC directory, and rejects what it can not prove: an inclusion, or after a deletion an exclusion.
 */
export const atcute: IndependentConsumer = {
  name: '@atcute/firehose',
  follow(house, { cursor }) {
    const told: Told[] = []
    const errors: unknown[] = []
    const subscription = new FirehoseSubscription({
      service: house.url.replace('http', 'ws'),
      nsid: ComAtprotoSyncSubscribeRepos.mainSchema,
      params: () => ({ cursor: told.at(-1)?.seq ?? cursor }),
      onError: (error) => errors.push(error),
    })
    const messages = subscription[Symbol.asyncIterator]()
    const listen = async () => {
      for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
        const message = next.value as Message
        const seq = 'seq' in message ? message.seq : 0
        for (const what of await inWords(house, message)) told.push({ seq, what })
      }
    }
    listen().catch((error) => errors.push(error))
    return {
      told,
      errors,
      async [Symbol.asyncDispose]() {
        // Whoever waits for the next message is never told: the package forgets it.
        await messages.return?.()
      },
    }
  },
}

async function inWords(house: House, message: Message): Promise<string[]> {
  switch (message.$type) {
    case 'com.atproto.sync.subscribeRepos#commit':
      return await operations(house, message)
    case 'com.atproto.sync.subscribeRepos#sync':
      await verifiedCommit(await signingKey(house, message.did), fromBytes(message.blocks))
      return [`sync ${message.did}`]
    case 'com.atproto.sync.subscribeRepos#identity':
      return [`identity ${message.did} ${message.handle}`]
    case 'com.atproto.sync.subscribeRepos#account':
      return [`account ${message.did} ${message.status ?? 'active'}`]
    default:
      throw new Error(`An unknown message: ${message.$type}`)
  }
}

async function operations(house: House, { repo: did, ops, blocks }: CommitMessage): Promise<string[]> {
  const publicKey = await signingKey(house, did)
  const carBytes = fromBytes(blocks)
  const { commit, nodes } = await verifiedCommit(publicKey, carBytes)
  const words: string[] = []
  for (const { action, path, cid } of ops) {
    const [collection = '', rkey = ''] = path.split('/')
    const uri = `at://${did}/${path}`
    if (action === 'delete') {
      await verifyExclusion(nodes, commit.data.$link, path)
      words.push(`delete ${uri}`)
    } else {
      const proven = await verifyRecord({ did: did as AtprotoDid, collection, rkey, publicKey, carBytes })
      if (proven.cid !== cid?.$link) throw new Error(`${uri} is ${proven.cid}, not ${cid?.$link}`)
      words.push(`${action} ${uri} ${proven.cid}`)
    }
  }
  return words
}

async function verifiedCommit(
  publicKey: PublicKey,
  carBytes: Uint8Array,
): Promise<{ commit: Commit; nodes: NodeStore }> {
  const car = fromUint8Array(carBytes)
  const blocks = new Map([...car].map(({ cid, bytes }) => [textOf(cid), bytes as Uint8Array<ArrayBuffer>]))
  const commit = decode(blocks.get(car.roots[0]?.$link ?? '') ?? new Uint8Array())
  if (!isCommit(commit)) throw new Error('The first root is no commit')
  const { sig, ...unsigned } = commit
  if (!(await publicKey.verify(fromBytes(sig), encode(unsigned))))
    throw new Error(`The commit ${commit.rev} of ${commit.did} is not signed by its account`)
  const store = new MemoryBlockStore()
  for (const [cid, bytes] of blocks) await store.put(cid, bytes)
  return { commit, nodes: new NodeStore(store) }
}

async function signingKey({ plcUrl }: House, did: string): Promise<PublicKey> {
  const answer = await fetch(`${plcUrl}/${did}/data`)
  const { verificationMethods } = (await answer.json()) as { verificationMethods: { atproto: string } }
  const { type, publicKeyBytes } = parseDidKey(verificationMethods.atproto)
  if (type !== 'secp256k1') throw new Error(`${did} signs with ${type}`)
  return await Secp256k1PublicKey.importRaw(publicKeyBytes)
}
