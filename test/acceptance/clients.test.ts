import { type SmtpSink, startSmtpSink } from '@heronry/testing/smtp-sink'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { oldServer } from './clients/old-server.ts'
import { type Asked, basic, bearer, newcomer, type Reply, request } from './clients/request.ts'
import type { House } from './house.ts'
import { oneProcess } from './house-kinds.ts'
import { pixelPng } from './pixel-png.ts'

/** Each request as the named client sends it, and what it makes of the answer (operator-journeys.md §4.3). */
let house: House
let mail: SmtpSink
const opened = new AsyncDisposableStack()
beforeAll(async () => {
  mail = opened.use(await startSmtpSink())
  const sender = { PDS_EMAIL_SMTP_URL: mail.url, PDS_EMAIL_FROM_ADDRESS: 'house@example.com' }
  house = opened.use(await oneProcess.start({ env: { PDS_INVITE_REQUIRED: 'true', ...sender } }))
})
afterAll(() => opened.disposeAsync())

const ask = (path: string, asked?: Asked) => request(house, path, asked)
const admin = (path: string, asked: Asked = {}) => ask(path, { ...asked, authorization: basic(house) })
const repoRef = (did: string) => ({ $type: 'com.atproto.admin.defs#repoRef', did })
const ok = ({ status, body }: Reply) => {
  expect([status, status === 200 ? undefined : body]).toEqual([200, undefined])
  return body
}

async function createAccount(person = newcomer()) {
  const { code } = ok(await admin('com.atproto.server.createInviteCode', { json: { useCount: 1 } }))
  const json = { ...person, inviteCode: code }
  return { ...person, ...ok(await ask('com.atproto.server.createAccount', { json })) }
}

describe('pdsadmin', () => {
  test('create-invite-code and account create', async () => {
    const { code } = ok(await admin('com.atproto.server.createInviteCode', { json: { useCount: 1 } }))
    const person = newcomer()
    const json = { email: person.email, handle: person.handle, password: person.password, inviteCode: code }
    const { did } = ok(await ask('com.atproto.server.createAccount', { json }))
    expect(did).toMatch(/^did:plc:/)
    const reused = await ask('com.atproto.server.createAccount', { json: { ...json, ...newcomer() } })
    expect([reused.status, reused.body.error]).toEqual([400, 'InvalidInviteCode'])
  })

  test('account list asks for each repo by itself', async () => {
    const { did, handle, email } = await createAccount()
    const { repos } = ok(await ask('com.atproto.sync.listRepos?limit=100'))
    const rows: string[] = []
    for (const repo of repos) {
      const info = ok(await admin(`com.atproto.admin.getAccountInfo?did=${repo.did}`))
      rows.push(`${info.handle}\t${info.email}\t${info.did}`)
    }
    expect(rows).toContain(`${handle}\t${email}\t${did}`)
  })

  test('account takedown has the time for a reference; untakedown takes it back', async () => {
    const person = await createAccount()
    const { did } = person
    const ref = String(Math.floor(Date.now() / 1000))
    const json = { subject: repoRef(did), takedown: { applied: true, ref } }
    expect(ok(await admin('com.atproto.admin.updateSubjectStatus', { json }))).toEqual(json)
    const { password } = person
    const login = () => ask('com.atproto.server.createSession', { json: { identifier: did, password } })
    expect((await login()).body.error).toBe('AccountTakedown')
    const back = { subject: repoRef(did), takedown: { applied: false } }
    ok(await admin('com.atproto.admin.updateSubjectStatus', { json: back }))
    ok(await login())
    // Of a DID that is mistyped the reference says that it was deleted.
    const typo = { subject: repoRef(`${did.slice(0, -1)}a`), takedown: { applied: true, ref } }
    expect((await admin('com.atproto.admin.updateSubjectStatus', { json: typo })).status).toBe(400)
  })

  test('account reset-password and account delete', async () => {
    const { did } = await createAccount()
    ok(await admin('com.atproto.admin.updateAccountPassword', { json: { did, password: 'made-up-for-you' } }))
    const login = { json: { identifier: did, password: 'made-up-for-you' } }
    ok(await ask('com.atproto.server.createSession', login))
    ok(await admin('com.atproto.admin.deleteAccount', { json: { did } }))
    expect((await ask('com.atproto.server.createSession', login)).status).toBe(401)
  })
})

describe('pdsadmin-web', () => {
  const origin = { origin: 'https://pdsadmin.example' }

  test('is let in from its own origin with its Authorization header', async () => {
    const preflight = await fetch(`${house.url}/xrpc/com.atproto.admin.getAccountInfos`, {
      method: 'OPTIONS',
      headers: {
        ...origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization,content-type',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization')
    const answer = await admin('com.atproto.admin.getAccountInfos?dids=did:plc:nobody', { headers: origin })
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    const refused = await ask('com.atproto.admin.getAccountInfos?dids=did:plc:nobody', { headers: origin })
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, '*'])
  })

  test('finds an info of each DID of each page of listRepos, also of accounts that were taken down or sleep', async () => {
    const people = [await createAccount(), await createAccount(), await createAccount()]
    const [down, asleep] = people
    const takedown = { subject: repoRef(down?.did), takedown: { applied: true } }
    ok(await admin('com.atproto.admin.updateSubjectStatus', { json: takedown }))
    const deactivation = { subject: repoRef(asleep?.did), deactivated: { applied: true } }
    ok(await admin('com.atproto.admin.updateSubjectStatus', { json: deactivation }))
    const seen: string[] = []
    for (let cursor = ''; ; ) {
      const page = ok(await admin(`com.atproto.sync.listRepos?limit=5${cursor}`))
      const dids: string[] = page.repos.map(({ did }: { did: string }) => did)
      if (dids.length > 0) {
        const query = dids.map((did) => `dids=${encodeURIComponent(did)}`).join('&')
        const { infos } = ok(await admin(`com.atproto.admin.getAccountInfos?${query}`))
        expect(infos.map(({ did }: { did: string }) => did)).toEqual(dids)
      }
      seen.push(...dids)
      if (page.cursor === undefined) break
      cursor = `&cursor=${encodeURIComponent(page.cursor)}`
    }
    for (const { did } of people) expect(seen).toContain(did)
  })

  test('knows an invite by its form', async () => {
    const { code } = ok(await admin('com.atproto.server.createInviteCode', { json: { useCount: 1 } }))
    expect(code).toMatch(/^localhost-[a-z0-9]+-[a-z0-9]+$/)
  })
})

describe('goat', () => {
  test('pds describe, account list, status, info, update, takedown without a reference, delete', async () => {
    const { did, handle } = await createAccount()
    expect(ok(await ask('com.atproto.server.describeServer')).availableUserDomains).toEqual(['.test'])
    const { repos } = ok(await ask('com.atproto.sync.listRepos?cursor=&limit=500'))
    expect(repos.find((repo: { did: string }) => repo.did === did)).toMatchObject({ active: true })
    expect(ok(await ask(`com.atproto.sync.getRepoStatus?did=${did}`))).toMatchObject({ did, active: true })
    const email = 'goat@example.com'
    ok(await admin('com.atproto.admin.updateAccountEmail', { json: { account: did, email } }))
    const renamed = `goat-${handle}`
    ok(await admin('com.atproto.admin.updateAccountHandle', { json: { did, handle: renamed } }))
    const info = ok(await admin(`com.atproto.admin.getAccountInfo?did=${did}`))
    expect(info).toMatchObject({ email, handle: renamed })
    const takedown = { subject: repoRef(did), takedown: { applied: true } }
    ok(await admin('com.atproto.admin.updateSubjectStatus', { json: takedown }))
    expect(ok(await ask(`com.atproto.sync.getRepoStatus?did=${did}`))).toEqual({
      ...{ did, active: false, status: 'takendown' },
    })
    ok(await admin('com.atproto.admin.deleteAccount', { json: { did } }))
    expect((await ask(`com.atproto.sync.getRepoStatus?did=${did}`)).status).toBe(400)
  })

  test('pds admin create-invites --count 3 --uses 2', async () => {
    const json = { codeCount: 3, useCount: 2 }
    const { codes } = ok(await admin('com.atproto.server.createInviteCodes', { json }))
    expect(codes).toEqual([
      { account: 'admin', codes: [expect.any(String), expect.any(String), expect.any(String)] },
    ])
  })

  test('blob upload without a type, blob status and blob purge', async () => {
    const { did, accessJwt } = await createAccount()
    const upload = await fetch(`${house.url}/xrpc/com.atproto.repo.uploadBlob`, {
      method: 'POST',
      headers: { 'content-type': '*/*', authorization: bearer(accessJwt) },
      body: pixelPng,
    })
    const { blob } = (await upload.json()) as { blob: { mimeType: string; ref: { $link: string } } }
    expect(blob.mimeType).toBe('image/png')
    const record = { $type: 'app.bsky.actor.profile', avatar: blob }
    const json = { repo: did, collection: 'app.bsky.actor.profile', rkey: 'self', record }
    ok(await ask('com.atproto.repo.putRecord', { json, authorization: bearer(accessJwt) }))
    const cid = blob.ref.$link
    const status = () => admin(`com.atproto.admin.getSubjectStatus?blob=${cid}&did=${did}`)
    expect(ok(await status()).takedown).toEqual({ applied: false })
    const subject = { $type: 'com.atproto.admin.defs#repoBlobRef', did, cid }
    const purge = (applied: boolean) =>
      admin('com.atproto.admin.updateSubjectStatus', { json: { subject, takedown: { applied } } })
    const read = async () =>
      (await fetch(`${house.url}/xrpc/com.atproto.sync.getBlob?did=${did}&cid=${cid}`)).status
    expect(await read()).toBe(200)
    ok(await purge(true))
    expect(ok(await status()).takedown.applied).toBe(true)
    expect(await read()).toBe(400)
    ok(await purge(false))
    expect(await read()).toBe(200)
  })

  test('account login and resume: by DID while it sleeps, with a status; 400 ExpiredToken is what it refreshes on', async () => {
    const { did, password, accessJwt, refreshJwt } = await createAccount()
    ok(await ask('com.atproto.server.deactivateAccount', { json: {}, authorization: bearer(accessJwt) }))
    const session = ok(await ask('com.atproto.server.createSession', { json: { identifier: did, password } }))
    // It reads `status` without looking whether it is there.
    expect(session).toMatchObject({ did, active: false, status: 'deactivated' })
    const resumed = ok(
      await ask('com.atproto.server.getSession', { authorization: bearer(session.accessJwt) }),
    )
    expect(resumed).toMatchObject({ did, active: false, status: 'deactivated' })
    ok(await admin('com.atproto.admin.updateAccountPassword', { json: { did, password: 'changed' } }))
    for (const [method, token, asked] of [
      ['getSession', session.accessJwt, {}],
      ['refreshSession', refreshJwt, { post: true }],
    ] as const) {
      const gone = await ask(`com.atproto.server.${method}`, { ...asked, authorization: bearer(token) })
      expect([gone.status, gone.headers.get('content-type'), gone.body.error]).toEqual([
        ...[400, 'application/json; charset=utf-8', 'ExpiredToken'],
      ])
    }
    ok(await ask('com.atproto.server.createSession', { json: { identifier: did, password: 'changed' } }))
  })

  test('account plc: recommended, request-token, sign, submit', async () => {
    const { did, email, accessJwt } = await createAccount()
    const authorization = bearer(accessJwt)
    const keys = ok(await ask('com.atproto.identity.getRecommendedDidCredentials', { authorization }))
    ok(await ask('com.atproto.identity.requestPlcOperationSignature', { post: true, authorization }))
    const token = await mailedCode(email)
    const alsoKnownAs = [...keys.alsoKnownAs, 'at://goat.example.com']
    const { operation } = ok(
      await ask('com.atproto.identity.signPlcOperation', { json: { token, alsoKnownAs }, authorization }),
    )
    ok(await ask('com.atproto.identity.submitPlcOperation', { json: { operation }, authorization }))
    const document = (await (await fetch(`${house.plcUrl}/${did}`)).json()) as { alsoKnownAs: string[] }
    expect(document.alsoKnownAs).toEqual(alsoKnownAs)
  })
})

describe('PDS MOOver', () => {
  const lookAt = (did: string) => ask(`com.atproto.sync.getRepoStatus?did=${did}`)

  test('moves an account in, and finds on its second run how far it has come', async () => {
    const { handle, email, password } = newcomer()
    const old = await oldServer(house, `old-${handle}`)
    const { did } = old
    const server = ok(await ask('com.atproto.server.describeServer'))
    expect((await lookAt(did)).status).toBe(400)
    const { code } = ok(await admin('com.atproto.server.createInviteCode', { json: { useCount: 1 } }))
    const signUp = async () =>
      ask('com.atproto.server.createAccount', {
        json: { did, handle, email, password, inviteCode: code },
        authorization: bearer(await old.getServiceAuth(server.did)),
      })
    expect(ok(await signUp()).did).toBe(did)

    // The second run.
    expect(ok(await lookAt(did))).toMatchObject({ active: false, status: 'deactivated' })
    const again = await signUp()
    expect([again.status, again.body.error]).toEqual([400, 'AlreadyExists'])

    const session = ok(await ask('com.atproto.server.createSession', { json: { identifier: did, password } }))
    expect(session).toMatchObject({ did, active: false, status: 'deactivated' })
    const authorization = bearer(session.accessJwt)
    const status = ok(await ask('com.atproto.server.checkAccountStatus', { authorization }))
    expect(status).toMatchObject({ activated: false, validDid: false, expectedBlobs: 0, importedBlobs: 0 })
    const early = await ask('com.atproto.server.activateAccount', { post: true, authorization })
    expect(early.status).toBe(400)

    const recommended = ok(await ask('com.atproto.identity.getRecommendedDidCredentials', { authorization }))
    expect(recommended.rotationKeys.length).toBeGreaterThan(0)
    const operation = await old.signPlcOperation(recommended)
    ok(await ask('com.atproto.identity.submitPlcOperation', { json: { operation }, authorization }))
    ok(await ask('com.atproto.server.activateAccount', { post: true, authorization }))
    expect(ok(await ask('com.atproto.server.checkAccountStatus', { authorization }))).toMatchObject({
      ...{ activated: true, validDid: true },
    })
    expect(ok(await lookAt(did))).toMatchObject({ did, active: true })
  })
})

async function mailedCode(email: string): Promise<string> {
  await mail.waitForRecipients([email], 20_000)
  const sent = mail.mails.findLast(({ recipients }) => recipients.includes(email))
  const [code] = /\b[A-Z2-7]{5}-[A-Z2-7]{5}\b/.exec(sent?.text ?? '') ?? []
  return code ?? ''
}
