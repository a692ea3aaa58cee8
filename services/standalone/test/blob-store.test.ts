import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { testPlc } from '@heronry/testing/plc'
import { testDatabase } from '@heronry/testing/postgres'
import { type Swift, startSwift } from '@heronry/testing/swift'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Started, start, statusOf, until } from './processes.ts'

const bucket = 'heron-blobs'
let opened: AsyncDisposableStack
let swift: Swift
let environment: Record<string, string>

beforeAll(async () => {
  opened = new AsyncDisposableStack()
  const [plc, database] = [opened.use(await testPlc()), opened.use(await testDatabase())]
  swift = opened.use(await startSwift())
  await swift.createBucket(bucket)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const tokenKey = { ...privateKey.export({ format: 'jwk' }), kid: 'test' }
  environment = {
    HERONRY_DATABASE_URL: database.url,
    HERONRY_KEK: 'ab'.repeat(32),
    HERONRY_TOKEN_KEYS: JSON.stringify({ keys: [tokenKey] }),
    LOG_ENABLED: 'true',
    PDS_ADMIN_PASSWORD: 'admin',
    PDS_BLOB_UPLOAD_LIMIT: '20000000',
    PDS_BLOBSTORE_S3_ACCESS_KEY_ID: swift.accessKeyId,
    PDS_BLOBSTORE_S3_BUCKET: bucket,
    PDS_BLOBSTORE_S3_ENDPOINT: swift.endpoint,
    PDS_BLOBSTORE_S3_FORCE_PATH_STYLE: 'true',
    PDS_BLOBSTORE_S3_REGION: 'us-east-1',
    PDS_DEV_MODE: 'true',
    PDS_DID_PLC_URL: plc.url,
    PDS_DPOP_SECRET: 'cd'.repeat(32),
    PDS_HOSTNAME: 'localhost',
    PDS_INVITE_REQUIRED: 'false',
    PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: '0d'.repeat(32),
    PDS_SERVICE_HANDLE_DOMAINS: '.test',
  }
}, 90_000)
afterAll(() => opened.disposeAsync())

test('a post with pictures is kept in a bucket; where the secret is wrong, the log says which variable to look at', async () => {
  const pictures = [picture(3000), picture(900_000), picture(12_000_000), Buffer.alloc(0)]
  let did: string
  let authorization: string
  let cid: string
  {
    await using house = await startHouse({ PDS_BLOBSTORE_S3_SECRET_ACCESS_KEY: swift.secretAccessKey })
    ;({ did, authorization } = await signUp(house))
    const blobs = await Promise.all(pictures.map((it) => upload(house, it, authorization)))
    const images = blobs.map(({ body }) => ({ alt: '', image: body.blob }))
    const record = {
      $type: 'app.bsky.feed.post',
      text: 'Four herons',
      createdAt: new Date().toISOString(),
      embed: { $type: 'com.example.pictures', images },
    }
    const posted = await call(house, 'com.atproto.repo.createRecord', {
      authorization,
      json: { repo: did, collection: 'app.bsky.feed.post', record, validate: false },
    })
    expect(posted.status).toBe(200)
    for (const [at, { body }] of blobs.entries()) {
      expect(body.blob.mimeType).toBe(at === 3 ? 'application/octet-stream' : 'image/png')
      const answer = await fetch(blobUrl(house, did, body.blob.ref.$link))
      expect(answer.status).toBe(200)
      expect(Buffer.from(await answer.arrayBuffer()).equals(pictures[at] as Buffer)).toBe(true)
    }
    cid = blobs[0]?.body.blob.ref.$link
  }
  await using house = await startHouse({ PDS_BLOBSTORE_S3_SECRET_ACCESS_KEY: 'not the secret' })
  const refused = [
    { operation: 'put', ...(await upload(house, picture(2000), authorization)) },
    { operation: 'open', ...(await answerOf(await fetch(blobUrl(house, did, cid)))) },
  ]
  for (const { operation, status, body, requestId } of refused) {
    expect([status, body]).toEqual([
      502,
      { error: 'UpstreamFailure', message: 'The blob store did not answer as it should. Please try again.' },
    ])
    const line = () => logLines(house).find((it) => it.requestId === requestId)
    await until('the line', async () => line() !== undefined)
    expect(line().err).toMatchObject({
      bucket,
      operation,
      likely: expect.stringContaining(
        'PDS_BLOBSTORE_S3_SECRET_ACCESS_KEY is not the secret of PDS_BLOBSTORE_S3_ACCESS_KEY_ID',
      ),
      cause: { type: 'SignatureDoesNotMatch' },
    })
  }
})

async function startHouse(more: Record<string, string>): Promise<Started> {
  const house = await start('standalone', { ...environment, ...more })
  await until('ready', async () => (await statusOf(`${house.internalUrl}/-/ready`)) === 200)
  return house
}

async function signUp(house: Started): Promise<{ did: string; authorization: string }> {
  const json = { handle: 'heron.test', email: 'heron@example.com', password: 'stands in water' }
  const { body } = await call(house, 'com.atproto.server.createAccount', { json })
  return { did: body.did, authorization: `Bearer ${body.accessJwt}` }
}

async function upload(house: Started, bytes: Uint8Array, authorization: string) {
  const headers = { authorization, 'content-type': 'application/octet-stream' }
  const body = new Uint8Array(bytes)
  const url = `${house.url}/xrpc/com.atproto.repo.uploadBlob`
  return await answerOf(await fetch(url, { method: 'POST', headers, body }))
}

async function call(
  house: Started,
  nsid: string,
  { json, authorization }: { json: object; authorization?: string },
) {
  const headers = { 'content-type': 'application/json', ...(authorization && { authorization }) }
  const body = JSON.stringify(json)
  return await answerOf(await fetch(`${house.url}/xrpc/${nsid}`, { method: 'POST', headers, body }))
}

// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects by reading it
async function answerOf(answer: Response): Promise<{ status: number; body: any; requestId: string | null }> {
  return { status: answer.status, body: await answer.json(), requestId: answer.headers.get('x-request-id') }
}

function blobUrl(house: Started, did: string, cid: string): string {
  return `${house.url}/xrpc/com.atproto.sync.getBlob?${new URLSearchParams({ did, cid })}`
}

// biome-ignore lint/suspicious/noExplicitAny: as above
function logLines(house: Started): any[] {
  const lines = house.output().split('\n')
  return lines.filter((it) => it.startsWith('{') && it.endsWith('}')).map((it) => JSON.parse(it))
}

/** A PNG as far as anybody looks who only asks for its type. */
function picture(size: number): Buffer {
  const head = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex')
  const length = Buffer.alloc(4)
  length.writeUInt32BE(size)
  return Buffer.concat([head, length, Buffer.from('IDAT'), randomBytes(size + 4)])
}
