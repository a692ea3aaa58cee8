import type { DeviceId, RequestData, RequestId } from '@atproto/oauth-provider/store'
import { appFact } from '@heronry/accounts/audit-member'
import { auditFactCharsMax } from '@heronry/accounts/limits'
import type { CommunityId } from '@heronry/core/ids'
import { ensureAuditPartitions } from '@heronry/operators/audit-partitions'
import { listAudit } from '@heronry/operators/list-audit'
import { verifyAudit } from '@heronry/operators/verify-audit'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deviceTtlMs, lexiconTtlMs, oauthRequestReadableMs } from '../limits.ts'
import { createDeviceStore } from './device-store.ts'
import { createLexiconStore } from './lexicon-store.ts'
import { createRequestStore } from './request-store.ts'
import { sweepOAuth } from './sweep-oauth.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
  await ensureAuditPartitions(database.db)
})
afterAll(() => database[Symbol.asyncDispose]())

const [here, there] = [{ id: 1 as CommunityId }, { id: 2 as CommunityId }]
const now = Date.now()

let n = 0
const newId = () => `req-${++n}` as RequestId
const code = (text: string) => `cod-${text}` as NonNullable<RequestData['code']>

function request(about: Partial<RequestData> = {}): RequestData {
  return {
    ...{ clientId: 'https://app.example/client.json', clientAuth: null, expiresAt: new Date(now + 300_000) },
    parameters: { client_id: 'https://app.example/client.json', response_type: 'code', scope: 'atproto' },
    ...{ deviceId: null, did: null, code: null },
    ...about,
  }
}

describe('a request', () => {
  test('is read as it was written, by its own community', async () => {
    const [ours, theirs] = [here, there].map((community) =>
      createRequestStore({ db: database.db, community }),
    )
    const [id, data] = [newId(), request({ clientAuth: { method: 'none' } })]
    await ours?.createRequest(id, data)
    expect(await ours?.readRequest(id)).toEqual(data)
    expect(await theirs?.readRequest(id)).toBeNull()
    await theirs?.updateRequest(id, { did: 'did:plc:stranger' })
    await theirs?.deleteRequest(id)
    expect(await ours?.readRequest(id)).toEqual(data)
  })

  test('is changed in what is said: null is written, undefined leaves it', async () => {
    const store = createRequestStore({ db: database.db, community: here })
    const id = newId()
    await store.createRequest(id, request({ did: 'did:plc:somebody', deviceId: 'dev-1' as DeviceId }))
    const changed = { did: null, code: code('null'), deviceId: undefined }
    await store.updateRequest(id, changed as Partial<RequestData>)
    expect(await store.readRequest(id)).toMatchObject({ did: null, deviceId: 'dev-1', code: code('null') })
  })

  test('that lets an app in has one row in the log of its community, written with its code', async () => {
    const [ours, theirs] = [here, there].map((community) =>
      createRequestStore({ db: database.db, community }),
    )
    const rows = ({ id: communityId }: typeof here) =>
      listAudit(database.db, { communityId, limit: 100, order: 'newest' })
    const [id, did] = [newId(), 'did:plc:heron'] as const
    await ours?.createRequest(id, request())
    await ours?.updateRequest(id, { deviceId: 'dev-1' as DeviceId })
    await theirs?.updateRequest(id, { did, code: code('theirs') })
    expect([await rows(here), await rows(there)]).toEqual([[], []])
    const long = `atproto ${'x'.repeat(auditFactCharsMax)}`
    const parameters = { ...request().parameters, scope: long }
    await ours?.updateRequest(id, { did, code: code('ours'), parameters })
    const [row, ...others] = await rows(here)
    expect(others).toEqual([])
    const after = { client: request().clientId, scope: `${long.slice(0, auditFactCharsMax)}…` }
    expect(row).toMatchObject({ method: 'host.heronry.event.appLetIn', principal: did, subject: did, after })
    expect(await rows(there)).toEqual([])
    const chain = await verifyAudit(database.db, { communityId: here.id, limit: 10 })
    expect(chain).toMatchObject({ verified: 1, fault: undefined })
    expect(appFact('x'.repeat(auditFactCharsMax))).toBe('x'.repeat(auditFactCharsMax))
  })

  test('whose row in the log cannot be written lets no app in', async () => {
    const store = createRequestStore({ db: database.db, community: here })
    const id = newId()
    await store.createRequest(id, request())
    await sql`ALTER TABLE audit_head RENAME TO lost_head`.execute(database.db)
    const letIn = store.updateRequest(id, { did: 'did:plc:heron', code: code('lost') })
    await expect(letIn).rejects.toThrow('audit_head')
    await sql`ALTER TABLE lost_head RENAME TO audit_head`.execute(database.db)
    expect(await store.readRequest(id)).toMatchObject({ did: null, code: null })
  })

  test('whose code comes many times at once is had once, and not by the other community', async () => {
    const [ours, theirs] = [here, there].map((community) =>
      createRequestStore({ db: database.db, community }),
    )
    const id = newId()
    await ours?.createRequest(id, request({ code: code('once') }))
    expect(await theirs?.consumeRequestCode(code('once'))).toBeNull()
    const had = await Promise.all(Array.from({ length: 10 }, () => ours?.consumeRequestCode(code('once'))))
    expect(had.filter((it) => it !== null)).toMatchObject([{ requestId: id }])
    expect(await ours?.readRequest(id)).toBeNull()
  })
})

test('what has run out is still read for a while, and then swept; the rest stays', async () => {
  const { db } = database
  const requests = createRequestStore({ db, community: here })
  const devices = createDeviceStore({ db, community: here })
  const lexicons = createLexiconStore({ db, community: here })
  const kept = async (ago: number) => {
    const [id, device, nsid] = [newId(), `dev-${n}` as DeviceId, `org.herons.set${n}`]
    const at = new Date(now - ago)
    await requests.createRequest(id, request({ expiresAt: new Date(now - ago) }))
    await devices.createDevice(device, {
      ...{ sessionId: 'ses-1', lastSeenAt: at, userAgent: null, ipAddress: '192.0.2.1' },
    })
    await lexicons.storeLexicon(nsid, {
      createdAt: at,
      updatedAt: at,
      lastSucceededAt: null,
      uri: null,
      lexicon: null,
    })
    return async () => [
      (await requests.readRequest(id)) !== null,
      (await devices.readDevice(device)) !== null,
      (await lexicons.findLexicon(nsid)) !== null,
    ]
  }
  const [atLimit, request1, lexicon1, device1] = await Promise.all(
    [oauthRequestReadableMs, oauthRequestReadableMs + 1, lexiconTtlMs + 1, deviceTtlMs + 1].map(kept),
  )
  await sweepOAuth(db, { now: () => now })
  expect(await atLimit?.()).toEqual([true, true, true])
  expect(await request1?.()).toEqual([false, true, true])
  expect(await lexicon1?.()).toEqual([false, true, false])
  expect(await device1?.()).toEqual([false, false, false])
})

test('the last good copy of a set of permissions is kept, by each community for itself', async () => {
  const [ours, theirs] = [here, there].map((community) => createLexiconStore({ db: database.db, community }))
  const at = new Date(now)
  const lexicon = { lexicon: 1, id: 'org.herons.auth', defs: {} } as never
  const found = { createdAt: at, updatedAt: at, lastSucceededAt: at, uri: 'at://did:plc:x/y/z', lexicon }
  await ours?.storeLexicon('org.herons.auth', found)
  await ours?.storeLexicon('org.herons.auth', { ...found, updatedAt: new Date(now + 1) })
  expect(await ours?.findLexicon('org.herons.auth')).toEqual({ ...found, updatedAt: new Date(now + 1) })
  expect(await theirs?.findLexicon('org.herons.auth')).toBeNull()
})
