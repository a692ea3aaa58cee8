import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openHcaptcha } from '../src/gate/hcaptcha.ts'
import { gateFormBytesMax, gateRedirectLengthMax, gateStateLengthMax } from '../src/limits.ts'
import { ask } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'
import { plcMover } from './mover.ts'

let house: EntrywayHouse
/** What hCaptcha's server does: it believes `human`, for its own secret and site. */
let hcaptcha: Server
let asked: Record<string, string>[]
let isDown = false

beforeAll(async () => {
  hcaptcha = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const form = Object.fromEntries(new URLSearchParams(body))
    asked.push({ type: request.headers['content-type'] ?? '', ...form })
    const success = form['response'] === 'human' && form['secret'] === 'secret' && form['sitekey'] === 'site'
    if (isDown) response.writeHead(500).end('<html>')
    else response.end(JSON.stringify({ success }))
  })
  hcaptcha.listen(0, '127.0.0.1')
  await once(hcaptcha, 'listening')
  const url = `http://127.0.0.1:${(hcaptcha.address() as AddressInfo).port}/siteverify`
  const captcha = openHcaptcha({ siteKey: 'site', secretKey: 'secret' }, { publicOnly: false, url })
  house = await entrywayHouse({ captcha })
})
afterAll(async () => {
  hcaptcha.close().closeAllConnections()
  await house[Symbol.asyncDispose]()
})
beforeEach(() => {
  asked = []
  isDown = false
})

type Community = 'herons' | 'storks'
const back = 'https://app.example.com/captcha?from=gate'

async function pass(fields: Record<string, string> = {}, at: Community = 'herons') {
  const payload = new URLSearchParams({
    'h-captcha-response': 'human',
    state: 'state-1',
    redirect_url: back,
    ...fields,
  }).toString()
  const headers = { host: `${at}.example.com`, 'content-type': 'application/x-www-form-urlencoded' }
  return house.app.inject({ method: 'POST', url: '/gate/signup', headers, payload })
}

async function codeFrom(fields: Record<string, string> = {}, at: Community = 'herons'): Promise<string> {
  const { headers } = await pass(fields, at)
  return new URL(String(headers.location)).searchParams.get('code') ?? ''
}

let count = 0
async function signUp(change: object, question: object = {}, at: Community = 'herons') {
  const name = `gated${++count}`
  const invite = { at, admin: `${at}-secret`, input: { useCount: 1 } }
  const { body } = await ask(house, 'com.atproto.server.createInviteCode', invite)
  const person = { handle: `${name}.${at}.test`, email: `${name}@example.com`, password: 'correct horse' }
  const input = { ...person, inviteCode: body.code as string, ...change }
  return ask(house, 'com.atproto.server.createAccount', { at, input, ...question })
}

const refused = { error: 'InvalidVerificationCode', message: expect.any(String) }

test('clients are told of the gate, and only where there is one', async () => {
  const { body } = await ask(house, 'com.atproto.server.describeServer')
  expect(body.phoneVerificationRequired).toBe(true)
  await using open = await entrywayHouse()
  const described = await ask(open, 'com.atproto.server.describeServer')
  expect(described.body).not.toHaveProperty('phoneVerificationRequired')
  expect((await ask(open, '/gate/signup?state=a')).status).toBe(404)
})

describe('the gate', () => {
  test('shows the widget, for the client that asks, and lets nothing else in', async () => {
    const state = `"><script>alert(1)</script>`
    const query = new URLSearchParams({
      state,
      handle: 'grey.herons.test',
      redirect_url: back,
      colorScheme: 'dark',
    })
    const { status, text, headers } = await ask(house, `/gate/signup?${query}`)
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(text).toContain('data-sitekey="site"')
    expect(text).toContain('app.example.com')
    expect(text).toContain('value="&quot;&gt;&lt;script&gt;')
    expect(text).not.toContain('<script>alert')
    expect(headers['content-security-policy']).toContain("default-src 'none'")
  })

  test('sends who is human back with a code and the state, and keeps no code that could be used', async () => {
    const { statusCode, headers } = await pass()
    const location = new URL(String(headers.location))
    expect([statusCode, location.origin, location.searchParams.get('from')]).toEqual([
      303,
      'https://app.example.com',
      'gate',
    ])
    expect(location.searchParams.get('state')).toBe('state-1')
    const code = location.searchParams.get('code') ?? ''
    expect(code).toMatch(/^[\w-]{20,}$/)
    expect(asked).toEqual([
      {
        type: 'application/x-www-form-urlencoded',
        secret: 'secret',
        response: 'human',
        sitekey: 'site',
      },
    ])
    const rows = await house.db.selectFrom('gate_code').select('code_hash').execute()
    expect(rows.map(({ code_hash }) => Buffer.from(code_hash).toString('latin1'))).not.toContain(code)
  })

  test('leads to where the official app looks, if nobody says where', async () => {
    const { headers } = await pass({ redirect_url: '' })
    expect(new URL(String(headers.location)).origin).toBe('https://bsky.app')
  })

  test('shows the widget again to who is not, or has not tried', async () => {
    for (const answer of ['robot', '']) {
      const { statusCode, body } = await pass({ 'h-captcha-response': answer })
      expect([statusCode, body.includes('That did not work')]).toEqual([400, true])
    }
    expect(asked).toHaveLength(1)
  })

  test('stays shut while hCaptcha is away, and says so', async () => {
    isDown = true
    const { statusCode, body } = await pass()
    expect([statusCode, body]).toEqual([502, 'The answer of hCaptcha is no JSON'])
  })

  test.each([
    ['javascript:alert(1)'],
    ['http://app.example.com/'],
    ['https://user:pass@app.example.com/'],
    ['//app.example.com'],
    ['nonsense'],
    [`https://app.example.com/${'a'.repeat(gateRedirectLengthMax)}`],
  ])('leads nowhere else: %#', async (redirect_url) => {
    expect((await pass({ redirect_url })).statusCode).toBe(400)
    const query = new URLSearchParams({ redirect_url })
    expect((await ask(house, `/gate/signup?${query}`)).status).toBe(400)
    expect(asked).toEqual([])
  })

  test('takes a state, an address and a form of the limit, and not one more', async () => {
    const address = (length: number) => 'https://app.example.com/'.padEnd(length, 'a')
    for (const [fields, over] of [
      [{ state: 'a'.repeat(gateStateLengthMax) }, { state: 'a'.repeat(gateStateLengthMax + 1) }],
      [
        { redirect_url: address(gateRedirectLengthMax) },
        { redirect_url: address(gateRedirectLengthMax + 1) },
      ],
    ]) {
      expect((await pass(fields)).statusCode).toBe(303)
      expect((await pass(over)).statusCode).toBe(400)
    }
    const form = (length: number) => {
      const bare = new URLSearchParams({
        'h-captcha-response': 'human',
        state: '',
        redirect_url: '',
        pad: '',
      })
      return pass({ state: '', redirect_url: '', pad: 'a'.repeat(length - bare.toString().length) })
    }
    expect((await form(gateFormBytesMax)).statusCode).toBe(303)
    expect((await form(gateFormBytesMax + 1)).statusCode).toBe(413)
  })

  test('stands on the community’s host alone', async () => {
    expect((await ask(house, '/gate/signup', { host: 'grey.herons.test' })).status).toBe(404)
    expect((await ask(house, '/gate/signup', { host: 'nowhere.example.org' })).status).toBe(421)
    expect((await ask(house, '/gate/signup?handle=no')).status).toBe(400)
    expect((await ask(house, '/gate/signup?state=a&state=b')).status).toBe(400)
  })
})

describe('a sign-up through the gate', () => {
  test('needs a code', async () => {
    for (const change of [{}, { verificationCode: '' }, { verificationCode: 'made-up' }]) {
      const { status, body } = await signUp(change)
      expect([status, body]).toEqual([400, refused])
    }
  })

  test('spends it, once', async () => {
    const verificationCode = await codeFrom()
    const outcomes = await Promise.all([1, 2, 3].map(() => signUp({ verificationCode })))
    expect(outcomes.map(({ status }) => status).sort()).toEqual([200, 400, 400])
    expect((await signUp({ verificationCode })).body).toEqual(refused)
  })

  test('that is refused for something else may come again with it', async () => {
    const verificationCode = await codeFrom()
    expect((await signUp({ verificationCode, handle: 'admin.herons.test' })).status).toBe(400)
    expect((await signUp({ verificationCode, inviteCode: undefined })).status).toBe(200)
  })

  test('is for the handle that the gate was told, and for its community', async () => {
    const named = await codeFrom({ handle: 'Wader.herons.test' })
    expect((await signUp({ verificationCode: named })).body).toEqual(refused)
    expect((await signUp({ verificationCode: named, handle: 'wader.herons.test' })).status).toBe(200)
    const foreign = await codeFrom({}, 'storks')
    expect((await signUp({ verificationCode: foreign })).body).toEqual(refused)
    expect((await signUp({ verificationCode: foreign }, {}, 'storks')).status).toBe(200)
  })

  test('comes in time', async () => {
    const verificationCode = await codeFrom()
    await house.db.updateTable('gate_code').set({ expires_at: new Date() }).execute()
    expect((await signUp({ verificationCode })).body).toEqual(refused)
  })

  test('is not for the administrator, but for who moves in', async () => {
    expect((await signUp({}, { admin: 'herons-secret' })).status).toBe(200)
    const wrong = await signUp({}, { admin: 'storks-secret' })
    expect([wrong.status, wrong.body.error]).toEqual([401, 'AuthenticationRequired'])
    const mover = await plcMover(house)
    expect((await mover.moveIn('herons')).body).toEqual(refused)
    expect((await mover.moveIn('herons', { verificationCode: await codeFrom() })).status).toBe(200)
  })
})
