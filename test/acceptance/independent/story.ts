import { randomBytes } from 'node:crypto'
import { deleteAccount } from '@heronry/accounts/delete-account'
import { type StatusChange, setStatus } from '@heronry/accounts/set-status'
import { systemClock as clock } from '@heronry/core/clock'
import type { ActorId } from '@heronry/core/ids'
import { createVault } from '@heronry/vault/vault'
import type { House } from '../house.ts'
import { type Person, signUp } from '../person.ts'

const collection = 'com.example.note'

/** What people do at a house, and beside it, in the words of a consumer, what the world is to be told of it. */
export class Story {
  readonly told: string[] = []
  readonly #house: House

  constructor(house: House) {
    this.#house = house
  }

  async signUp(): Promise<Person> {
    const person = await signUp(this.#house.url)
    const { did, handle } = person
    this.told.push(`identity ${did} ${handle}`, `account ${did} active`, `sync ${did}`)
    return person
  }

  async create({ agent, did }: Person, rkey: string): Promise<void> {
    const record = { $type: collection, text: rkey, seen: [1, { two: true }] }
    const { data } = await agent.com.atproto.repo.createRecord({ repo: did, collection, rkey, record })
    this.told.push(`create ${data.uri} ${data.cid}`)
  }

  async update({ agent, did }: Person, rkey: string): Promise<void> {
    // Never the same again: a put that changes nothing is no commit.
    const record = { $type: collection, text: `${rkey}, told ${this.told.length}` }
    const { data } = await agent.com.atproto.repo.putRecord({ repo: did, collection, rkey, record })
    this.told.push(`update ${data.uri} ${data.cid}`)
  }

  async delete({ agent, did }: Person, rkey: string): Promise<void> {
    await agent.com.atproto.repo.deleteRecord({ repo: did, collection, rkey })
    this.told.push(`delete at://${did}/${collection}/${rkey}`)
  }

  /** Deletes one record and makes others, in one commit. */
  async exchange({ agent, did }: Person, { gone, made }: { gone: string; made: string[] }): Promise<void> {
    const value = { $type: collection, text: 'one of several' }
    const writes = [
      { $type: 'com.atproto.repo.applyWrites#delete' as const, collection, rkey: gone },
      ...made.map((rkey) => ({
        $type: 'com.atproto.repo.applyWrites#create' as const,
        collection,
        rkey,
        value,
      })),
    ]
    const { data } = await agent.com.atproto.repo.applyWrites({ repo: did, writes })
    this.told.push(`delete at://${did}/${collection}/${gone}`)
    for (const result of data.results ?? []) {
      if ('uri' in result) this.told.push(`create ${result.uri} ${result.cid}`)
    }
  }

  /** No method of the house does it yet. */
  async deactivate({ did }: Person): Promise<void> {
    await this.#setStatus(did, { deactivated: { deleteAfter: null } })
    this.told.push(`account ${did} deactivated`)
  }

  async activate({ did, handle }: Person): Promise<void> {
    await this.#setStatus(did, { deactivated: false })
    this.told.push(`account ${did} active`, `identity ${did} ${handle}`, `sync ${did}`)
  }

  async leave({ did }: Person): Promise<void> {
    const { db } = this.#house.database
    const vault = createVault({ db, keyEncryptionKeys: [{ id: 'any', key: randomBytes(32) }] })
    await deleteAccount({ db, vault, clock }, await this.#actorId(did))
    this.told.push(`account ${did} deleted`)
  }

  async #setStatus(did: string, change: StatusChange): Promise<void> {
    const { db } = this.#house.database
    await setStatus({ db, clock }, { actorId: await this.#actorId(did), change })
  }

  async #actorId(did: string): Promise<ActorId> {
    const { db } = this.#house.database
    const { id } = await db.selectFrom('actor').select('id').where('did', '=', did).executeTakeFirstOrThrow()
    return id as ActorId
  }
}
