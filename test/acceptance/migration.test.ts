import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode, encode } from '@atproto/lex-cbor'
import type { Cid } from '@atproto/lex-data'
import { MemoryBlockstore, MST, readCarWithRoot } from '@atproto/repo'
import { type SmtpSink, startSmtpSink } from '@heronry/testing/smtp-sink'
import { webIssuer } from '@heronry/testing/web-issuer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FirehoseConsumer, type FirehoseMessage } from './firehose-consumer.ts'
import type { House } from './house.ts'
import { oneProcess } from './house-kinds.ts'
import { goat, type Move, type MovingPerson, moover, runSteps, type Step } from './migration/move.ts'
import { Pds } from './migration/pds.ts'
import { type ReferenceServer, startReferenceServer } from './migration/reference-server.ts'
import { pixelPng } from './pixel-png.ts'
import { RepoVerifier } from './repo-verifier.ts'
import { communitiesFile, herons as heronHost, storks as storkHost } from './two-communities.ts'

/** A running reference server and a house with two communities, on one PLC directory and one mail server. */
let house: House
let mail: SmtpSink
let reference: ReferenceServer
let herons: Pds
let storks: Pds
const opened = new AsyncDisposableStack()
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'heronry-migration-'))
  opened.defer(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'communities.yaml'), communitiesFile)
  mail = opened.use(await startSmtpSink())
  const env = {
    HERONRY_COMMUNITIES_FILE: join(folder, 'communities.yaml'),
    PDS_EMAIL_SMTP_URL: mail.url,
    PDS_EMAIL_FROM_ADDRESS: 'house@example.com',
  }
  house = opened.use(await oneProcess.start({ env }))
  reference = opened.use(await startReferenceServer({ plcUrl: house.plcUrl, smtpUrl: mail.url }))
  herons = new Pds(house.url, { host: heronHost })
  storks = new Pds(house.url, { host: storkHost })
}, 180_000)
afterAll(() => opened.disposeAsync())

const createdAt = '2026-11-21T10:00:00.000Z'
const post = (text: string) => ({ $type: 'app.bsky.feed.post', text, createdAt })
let count = 0

/** Somebody who has posts, a picture, likes and preferences at `from`, and is about to leave for `to`. */
async function personAt(from: Pds, to: Pds): Promise<Move & { token: string }> {
  const name = `mover${++count}`
  const domainOf = (pds: Pds) => (pds.host.endsWith('.test') ? `.${pds.host}` : '.test')
  const account = { email: `${name}@example.com`, password: `secret of ${name}` }
  const handle = `${name}${domainOf(from)}`
  const json = { handle, ...account }
  const { did, accessJwt: token } = await from.ok('com.atproto.server.createAccount', { json })
  const sent = { bytes: pixelPng, encoding: 'image/png', token }
  const { blob } = await from.ok('com.atproto.repo.uploadBlob', sent)
  const writes = Array.from({ length: 40 }, (_, n) => ({
    $type: 'com.atproto.repo.applyWrites#create',
    collection: n % 2 ? 'app.bsky.feed.post' : 'app.bsky.graph.follow',
    value:
      n % 2
        ? post(`post ${n}`)
        : { $type: 'app.bsky.graph.follow', subject: `did:web:f${n}.test`, createdAt },
  }))
  await from.ok('com.atproto.repo.applyWrites', { json: { repo: did, writes }, token })
  const embed = { $type: 'app.bsky.embed.images', images: [{ image: blob, alt: 'a pixel' }] }
  const record = { ...post('with a picture'), embed }
  await from.ok('com.atproto.repo.createRecord', {
    json: { repo: did, collection: 'app.bsky.feed.post', record },
    token,
  })
  const person: MovingPerson = { did, ...account, newHandle: `${name}${domainOf(to)}` }
  return { from, to, person, mail, token }
}

async function repoOf(pds: Pds, did: string, token?: string) {
  const { status, bytes } = await pds.call('com.atproto.sync.getRepo', { params: { did }, token })
  expect(status).toBe(200)
  return bytes
}

/** Path and CID of every record. */
async function recordsIn(car: Uint8Array): Promise<string[]> {
  const { root, blocks } = await readCarWithRoot(car)
  const { data } = decode(blocks.get(root) ?? new Uint8Array()) as { data: Cid }
  const leaves = await MST.load(new MemoryBlockstore(blocks), data).leaves()
  return leaves.map(({ key, value }) => `${key} ${value}`).sort()
}

async function blobsOf(pds: Pds, did: string, token: string): Promise<Record<string, string>> {
  const { cids } = await pds.ok('com.atproto.sync.listBlobs', { params: { did }, token })
  const found: Record<string, string> = {}
  for (const cid of cids) {
    const { bytes } = await pds.call('com.atproto.sync.getBlob', { params: { did, cid }, token })
    found[cid] = bytes.toString('hex')
  }
  return found
}

async function plcOf(did: string) {
  return (await (await fetch(`${house.plcUrl}/${did}/data`)).json()) as {
    services: { atproto_pds: { endpoint: string } }
    alsoKnownAs: string[]
  }
}

const follow = (pds: Pds) => FirehoseConsumer.follow(pds.url, { cursor: 0, headers: { host: pds.host } })
const of = (did: string) => (message: FirehoseMessage) => message.did === did

test('from the reference server to us, cut off at every step and begun again, and the world believes it at once', async () => {
  const move = await personAt(reference.pds, herons)
  const { did } = move.person
  await using oldEvents = await follow(reference.pds)
  await using newEvents = await follow(herons)
  const verifier = new RepoVerifier(house.plcUrl, { fetchRepo: (it) => repoOf(herons, it) })
  let heard = 0
  /** A relay follows the old server until the DID names the new one. */
  const postAtOldServer: Step = [
    'post at the old server',
    async ({ from }, { old: token, fresh }) => {
      if ((await herons.ok('com.atproto.server.checkAccountStatus', { token: fresh })).validDid) return
      const json = { repo: did, collection: 'app.bsky.feed.post', record: post('a last word') }
      const { commit } = await from.ok('com.atproto.repo.createRecord', { json, token })
      const messages = await oldEvents.until((all) => all.some(({ body }) => body.rev === commit.rev))
      for (const message of messages.filter(of(did)).slice(heard)) await verifier.accept(message)
      heard = messages.filter(of(did)).length
    },
  ]
  const steps = [...moover.slice(0, 6), postAtOldServer, ...moover.slice(6)]
  const active = steps.findIndex(([name]) => name === 'activate') + 1
  for (let cut = 1; cut < active; cut++) await runSteps(move, steps.slice(0, cut))

  const { car, fresh: token } = await runSteps(move, steps.slice(0, active))
  const told = (await newEvents.until((all) => all.filter(of(did)).length >= 4)).filter(of(did))
  // The first one is of the operation at the PLC directory.
  expect(told.map(({ type }) => type)).toEqual(['#identity', '#account', '#identity', '#sync'])
  for (const message of told) await verifier.accept(message)
  expect(told[3]?.body.rev).toBe(
    (await herons.ok('com.atproto.sync.getLatestCommit', { params: { did } })).rev,
  )
  expect(await recordsIn(await repoOf(herons, did))).toEqual(await recordsIn(car))
  expect((await recordsIn(car)).length).toBeGreaterThan(40)

  for (let cut = active; cut <= steps.length; cut++) await runSteps(move, steps.slice(0, cut))
  const status = await herons.ok('com.atproto.server.checkAccountStatus', { token })
  const records = await recordsIn(await repoOf(herons, did))
  expect(status).toMatchObject({ activated: true, validDid: true, indexedRecords: records.length })
  expect(status).toMatchObject({ expectedBlobs: 1, importedBlobs: 1 })
  expect(await blobsOf(herons, did, token)).toEqual(await blobsOf(reference.pds, did, move.token))
  expect((await plcOf(did)).services.atproto_pds.endpoint).toContain(heronHost)
  expect((await reference.pds.call('com.atproto.sync.getRepo', { params: { did } })).body.error).toBe(
    'RepoDeactivated',
  )

  const json = { repo: did, collection: 'app.bsky.feed.post', record: post('here') }
  const { commit } = await herons.ok('com.atproto.repo.createRecord', { json, token })
  const all = await newEvents.until((them) => them.some(({ body }) => body.rev === commit.rev))
  for (const message of all.filter(of(did)).slice(4)) await verifier.accept(message)
  await verifier.expectSameRepo(did, await repoOf(herons, did))
}, 120_000)

test('from us to the reference server, cut off at every step and begun again', async () => {
  const move = await personAt(herons, reference.pds)
  const { did } = move.person
  await using events = await follow(herons)
  const before = await recordsIn(await repoOf(herons, did))
  for (let cut = 1; cut <= moover.length; cut++) await runSteps(move, moover.slice(0, cut))
  expect(await recordsIn(await repoOf(reference.pds, did))).toEqual(before)
  const { accessJwt } = await reference.pds.ok('com.atproto.server.createSession', {
    json: { identifier: did, password: move.person.password },
  })
  expect(await blobsOf(reference.pds, did, accessJwt)).toEqual(await blobsOf(herons, did, move.token))
  expect((await plcOf(did)).services.atproto_pds.endpoint).toBe(reference.pds.url)
  const isGone = ({ type, body }: FirehoseMessage) => type === '#account' && body['status'] === 'deactivated'
  const messages = await events.until((all) => all.filter(of(did)).some(isGone))
  const verifier = new RepoVerifier(house.plcUrl)
  await expect(
    verifier.accept(messages.find(({ type, did: it }) => type === '#commit' && it === did) as never),
  ).rejects.toThrow('not signed')
}, 120_000)

test('as goat does it, in both directions', async () => {
  for (const [from, to] of [
    [reference.pds, herons],
    [herons, reference.pds],
  ] as const) {
    const move = await personAt(from, to)
    const { did, newHandle } = move.person
    const before = await recordsIn(await repoOf(from, did))
    await runSteps(move, goat)
    expect((await plcOf(did)).alsoKnownAs).toEqual([`at://${newHandle}`])
    expect(await recordsIn(await repoOf(to, did))).toEqual(before)
  }
}, 60_000)

test('from one community of the house to another', async () => {
  const move = await personAt(herons, storks)
  const { did } = move.person
  const before = await recordsIn(await repoOf(herons, did))
  await using events = await follow(storks)
  await runSteps(move, moover)
  expect(await recordsIn(await repoOf(storks, did))).toEqual(before)
  const told = (await events.until((all) => all.filter(of(did)).length >= 4)).filter(of(did))
  const verifier = new RepoVerifier(house.plcUrl, { fetchRepo: (it) => repoOf(storks, it) })
  verifier.repos.set(did, { rev: '', data: '', records: new Map() })
  for (const message of told) await verifier.accept(message)
  await verifier.expectSameRepo(did, await repoOf(storks, did))
  expect((await herons.call('com.atproto.sync.getRepo', { params: { did } })).body.error).toBe(
    'RepoDeactivated',
  )
}, 60_000)

test('a did:web moves in from nowhere, and out again', async () => {
  await using web = await webIssuer()
  const { did } = web
  const account = { did, email: 'web@example.com', password: 'secret of web' }
  const lxm = 'com.atproto.server.createAccount'
  const enter = async (pds: Pds, handle: string, token: string) => {
    const { accessJwt } = await pds.ok(lxm, { json: { ...account, handle }, token })
    return accessJwt as string
  }
  const namePds = async (pds: Pds, token: string) => {
    const recommended = await pds.ok('com.atproto.identity.getRecommendedDidCredentials', { token })
    const { verificationMethods, services } = recommended
    const document = web.document({ didKey: verificationMethods.atproto, pds: services.atproto_pds.endpoint })
    web.publish({ body: JSON.stringify(document) })
    await pds.ok('com.atproto.server.activateAccount', { isPost: true, token })
  }
  const car = await web.repoCar([
    { path: 'app.bsky.feed.post/3lone', value: encode(post('one')) },
    { path: 'app.bsky.feed.post/3ltwo', value: encode(post('two')) },
  ])
  const request = { bytes: car, encoding: 'application/vnd.ipld.car' }
  const { did: aud } = await herons.ok('com.atproto.server.describeServer')
  const token = await enter(herons, 'spider.herons.test', await web.serviceToken({ aud, lxm }))
  await using events = await follow(herons)
  await herons.ok('com.atproto.repo.importRepo', { ...request, token })
  await namePds(herons, token)
  const told = (await events.until((all) => all.filter(of(did)).length >= 3)).filter(of(did))
  const verifier = new RepoVerifier(house.plcUrl, { fetchRepo: (it) => repoOf(herons, it) })
  verifier.repos.set(did, { rev: '', data: '', records: new Map() })
  for (const message of told) await verifier.accept(message)
  await verifier.expectSameRepo(did, await repoOf(herons, did))
  expect(await recordsIn(await repoOf(herons, did))).toEqual(await recordsIn(car))

  const { did: next } = await reference.pds.ok('com.atproto.server.describeServer')
  const params = { aud: next, lxm }
  const service = await herons.ok('com.atproto.server.getServiceAuth', { params, token })
  const out = await enter(reference.pds, 'spider.test', service.token)
  const bytes = await repoOf(herons, did)
  await reference.pds.ok('com.atproto.repo.importRepo', { ...request, bytes, token: out })
  await namePds(reference.pds, out)
  await herons.ok('com.atproto.server.deactivateAccount', { json: {}, token })
  expect(await recordsIn(await repoOf(reference.pds, did))).toEqual(await recordsIn(car))
}, 60_000)
