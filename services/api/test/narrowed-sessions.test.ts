import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiHouse, apiHouse } from './api-house.ts'
import type { Member } from './member.ts'

const post = 'app.bsky.feed.post'
const record = { $type: post, text: 'a heron', createdAt: '2026-11-21T12:00:00.000Z' }

let house: ApiHouse
let poster: Member
let uploader: Member
beforeAll(async () => {
  house = await apiHouse()
  poster = await house.member('poster', { permissions: [`repo:${post}?action=create`] })
  uploader = await house.member('uploader', {
    community: house.storks,
    permissions: ['blob:image/*', `repo:${post}?action=create&action=update`],
  })
})
afterAll(() => house[Symbol.asyncDispose]())

const write = (as: Member, method: string, input: object) =>
  house.post(`com.atproto.repo.${method}`, { repo: as.did, ...input }, { as })
const refused = (scope: string) => ({
  status: 403,
  json: { error: 'ScopeMissingError', message: `Missing required scope "${scope}"` },
})

describe('the session of an app password that is narrowed to', () => {
  test('creating posts creates them, and nothing else', async () => {
    const created = await write(poster, 'createRecord', { collection: post, record })
    expect(created.status).toBe(200)
    const rkey = created.json.uri.split('/').at(-1)
    const like = { collection: 'app.bsky.feed.like', record: { ...record, $type: 'app.bsky.feed.like' } }
    expect(await write(poster, 'createRecord', like)).toMatchObject(
      refused('repo:app.bsky.feed.like?action=create'),
    )
    expect(await write(poster, 'putRecord', { collection: post, rkey, record })).toMatchObject(
      refused(`repo:${post}?action=update`),
    )
    expect(await write(poster, 'deleteRecord', { collection: post, rkey })).toMatchObject(
      refused(`repo:${post}?action=delete`),
    )
  })

  test('one kind of write makes no commit of several of which one is another', async () => {
    const create = { $type: 'com.atproto.repo.applyWrites#create', collection: post, value: record }
    const remove = { $type: 'com.atproto.repo.applyWrites#delete', collection: post, rkey: 'x' }
    const head = async () => (await house.get('com.atproto.sync.getLatestCommit', { did: poster.did })).json
    const before = await head()
    expect(await write(poster, 'applyWrites', { writes: [create, remove] })).toMatchObject(
      refused(`repo:${post}?action=delete`),
    )
    expect(await head()).toEqual(before)
    expect((await write(poster, 'applyWrites', { writes: [create] })).status).toBe(200)
  })

  test('creating and updating may put', async () => {
    const put = await write(uploader, 'putRecord', { collection: post, rkey: '3jzfcijpj2z2a', record })
    expect(put.status).toBe(200)
  })

  test('some blobs uploads those', async () => {
    const upload = (as: Member, mime: string) =>
      house.ask('com.atproto.repo.uploadBlob', {
        method: 'POST',
        body: Buffer.from('heron'),
        headers: { ...as.session, 'content-type': mime },
        as,
      })
    expect((await upload(uploader, 'image/png')).status).toBe(200)
    expect(await upload(uploader, 'video/mp4')).toMatchObject(refused('blob:video/mp4'))
    expect(await upload(poster, 'image/png')).toMatchObject(refused('blob:image/png'))
  })

  test('something reads its own repo while that is deactivated', async () => {
    await house.db
      .updateTable('actor')
      .set({ deactivated_at: new Date() })
      .where('id', '=', poster.id)
      .execute()
    const read = (as?: Member) =>
      house.get('com.atproto.sync.getLatestCommit', { did: poster.did }, { ...(as && { as }) })
    expect((await read()).status).toBe(400)
    expect((await read(poster)).status).toBe(200)
  })
})
