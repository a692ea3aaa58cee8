import { inTransaction } from '@heronry/db/in-transaction'
import { setRecordTakedown } from '@heronry/repo/record-takedown'
import { expect, test } from 'vitest'
import { admin, apiHouse } from './api-house.ts'
import { recordWriter } from './record-writer.ts'

const collection = 'app.bsky.feed.post'

test('a record that is taken down is absent for everybody from getRecord, listRecords and sync.getRecord, until it is given back', async () => {
  await using house = await apiHouse()
  const member = await house.member('member')
  const writer = recordWriter(house, member)
  const kept = (await writer.post('kept')).uri
  const { uri } = await writer.post('spam')
  const rkey = uri.split('/').at(-1)
  const set = (applied: boolean) =>
    inTransaction(house.db, { name: 'take down' }, (tx) =>
      setRecordTakedown(tx, { actorId: member.id, path: `${collection}/${rkey}`, applied }),
    )
  const seen = async (asking: object) => {
    const one = await house.get('com.atproto.repo.getRecord', { repo: member.did, collection, rkey }, asking)
    const proof = await house.get('com.atproto.sync.getRecord', { did: member.did, collection, rkey }, asking)
    const all = await house.get('com.atproto.repo.listRecords', { repo: member.did, collection }, asking)
    const uris = all.json.records.map((record: { uri: string }) => record.uri)
    return [one.json.error ?? one.status, proof.json?.error ?? proof.status, uris]
  }
  const everybody = [{}, { as: member }, { headers: admin('herons') }]
  for (const asking of everybody) expect(await seen(asking)).toEqual([200, 200, [uri, kept]])
  await set(true)
  for (const asking of everybody)
    expect(await seen(asking)).toEqual(['RecordNotFound', 'RecordNotFound', [kept]])
  await set(false)
  for (const asking of everybody) expect(await seen(asking)).toEqual([200, 200, [uri, kept]])
})
