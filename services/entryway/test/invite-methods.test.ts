import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, type Question, signUp } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'

let house: EntrywayHouse
beforeAll(async () => {
  house = await entrywayHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const herons = { at: 'herons', admin: 'herons-secret' } as const
const storks = { at: 'storks', admin: 'storks-secret' } as const
const server = (method: string) => `com.atproto.server.${method}`
const admin = (method: string) => `com.atproto.admin.${method}`

async function newCodes(
  useCount: number,
  forAccounts?: string[],
  question: Question = storks,
): Promise<string[]> {
  const input = { codeCount: 2, useCount, ...(forAccounts && { forAccounts }) }
  const { body } = await ask(house, server('createInviteCodes'), { ...question, input })
  return body.codes.flatMap(({ codes }: { codes: string[] }) => codes)
}

test.each([
  [server('createInviteCode'), { useCount: 1 }],
  [server('createInviteCodes'), { codeCount: 1, useCount: 1 }],
  [admin('disableInviteCodes'), {}],
  [admin('disableAccountInvites'), { account: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' }],
  [admin('enableAccountInvites'), { account: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' }],
  [admin('getInviteCodes'), undefined],
  [
    admin('sendEmail'),
    { recipientDid: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', content: 'x', senderDid: 'did:web:a.test' },
  ],
])("%s is for the community's administrator", async (nsid, input) => {
  const { created } = await signUp(house)
  const how = input === undefined ? {} : { input }
  const status = async (question: Question) => (await ask(house, nsid, { ...how, ...question })).status
  expect(await status({})).toBe(401)
  expect(await status({ at: 'herons', admin: storks.admin })).toBe(401)
  expect(await status({ token: created.body.accessJwt })).toBe(401)
  expect(await status(herons)).not.toBe(401)
})

describe('createInviteCodes', () => {
  test('answers by account, for admin unless said', async () => {
    const input = { codeCount: 2, useCount: 3, forAccounts: ['did:web:a.test', 'did:web:b.test'] }
    const { body } = await ask(house, server('createInviteCodes'), { ...herons, input })
    const code = expect.stringMatching(/^herons-example-com-[a-z2-7]{5}-[a-z2-7]{5}$/)
    expect(body).toEqual({
      codes: input.forAccounts.map((account) => ({ account, codes: [code, code] })),
    })
    const plain = await ask(house, server('createInviteCodes'), { ...herons, input: { useCount: 1 } })
    expect(plain.body).toEqual({ codes: [{ account: 'admin', codes: [code] }] })
    const single = await ask(house, server('createInviteCode'), { ...herons, input: { useCount: 1 } })
    expect(single.body).toEqual({ code })
  })

  test.each([
    { useCount: -1 },
    { useCount: 1_000_001 },
    { useCount: 1, codeCount: 5001 },
    { useCount: 1, codeCount: -1 },
    { useCount: 1, codeCount: 2501, forAccounts: ['did:web:a.test', 'did:web:b.test'] },
    { useCount: 1, forAccounts: ['nobody'] },
    {},
  ])('refuses %j', async (input) => {
    const { status, body } = await ask(house, server('createInviteCodes'), { ...herons, input })
    expect([status, body.error]).toEqual([400, 'InvalidRequest'])
  })

  test('makes as many as it may at once', async () => {
    const input = { useCount: 1_000_000, codeCount: 5000 }
    const { body } = await ask(house, server('createInviteCodes'), { ...herons, input })
    expect(new Set(body.codes[0].codes).size).toBe(5000)
  })
})

test('who invited whom is shown to the administrator, and what is left to the member', async () => {
  const host = await signUp(house, 'storks')
  const [code] = await newCodes(2, [host.created.body.did])
  const input = {
    handle: 'welcomed.storks.test',
    email: 'welcomed@example.com',
    password: 'secret',
    inviteCode: code,
  }
  const guest = (await ask(house, server('createAccount'), { at: 'storks', input })).body.did
  const info = async (did: string) => (await ask(house, `${admin('getAccountInfo')}?did=${did}`, storks)).body
  const uses = [{ usedBy: guest, usedAt: expect.any(String) }]
  expect((await info(guest)).invitedBy).toMatchObject({ code, forAccount: host.created.body.did, uses })
  expect((await info(host.created.body.did)).invites).toContainEqual(expect.objectContaining({ code, uses }))
  const mine = await ask(house, server('getAccountInviteCodes'), {
    at: 'storks',
    token: host.created.body.accessJwt,
  })
  expect(mine.body.codes).toHaveLength(2)
  expect(mine.body.codes).toContainEqual(
    expect.objectContaining({ code, available: 2, createdBy: 'admin', uses }),
  )
})

test('getAccountInviteCodes is for a full session of the community', async () => {
  const { created, at } = await signUp(house, 'storks')
  const refused = async (question: Question) => {
    const { status, body } = await ask(house, server('getAccountInviteCodes'), question)
    return [status, body.error]
  }
  const token = created.body.accessJwt
  expect(await refused({ at })).toEqual([401, 'AuthMissing'])
  expect(await refused({ token })).toEqual([400, 'InvalidToken'])
  await house.db
    .deleteFrom('account')
    .where('email', '=', `${created.body.handle.split('.')[0]}@example.com`)
    .execute()
  expect(await refused({ at, token })).toEqual([400, 'NotFound'])
  await house.db.updateTable('actor').set({ takedown_ref: 'x' }).where('did', '=', created.body.did).execute()
  expect(await refused({ at, token })).toEqual([401, 'AccountTakedown'])
})

test('getAccountInviteCodes leaves out what is used up and does not earn where it is told so', async () => {
  const host = await signUp(house, 'storks')
  const { did, accessJwt: token } = host.created.body
  const [used = '', free] = await newCodes(1, [did])
  const input = {
    handle: 'another.storks.test',
    email: 'another@example.com',
    password: 'secret',
    inviteCode: used,
  }
  expect((await ask(house, server('createAccount'), { at: 'storks', input })).status).toBe(200)
  const codes = async (query: string) => {
    const { body } = await ask(house, `${server('getAccountInviteCodes')}${query}`, { at: 'storks', token })
    return body.codes.map(({ code }: { code: string }) => code).sort()
  }
  expect(await codes('')).toEqual([used, free].sort())
  expect(await codes('?includeUsed=false&createAvailable=false')).toEqual([free])
})

test('codes and all codes of an account are put out of use, at their community alone', async () => {
  const host = await signUp(house, 'storks')
  const { did } = host.created.body
  const [first, second] = await newCodes(1, [did])
  const [third] = await newCodes(1)
  const opens = async (inviteCode: string | undefined, name: string) => {
    const input = {
      handle: `${name}.storks.test`,
      email: `${name}@example.com`,
      password: 'secret',
      inviteCode,
    }
    const { status, body } = await ask(house, server('createAccount'), { at: 'storks', input })
    return status === 200 || body.error
  }
  const disable = (input: object, question: Question = storks) =>
    ask(house, admin('disableInviteCodes'), { ...question, input })
  await disable({ codes: [first, third], accounts: [did] }, herons)
  expect(await opens(third, 'third')).toBe(true)
  const done = await disable({
    codes: [first, 'nonsense', ''],
    accounts: ['did:web:nobody.test', 'nonsense'],
  })
  expect([done.status, done.text]).toEqual([200, ''])
  expect(await opens(first, 'first')).toBe('InvalidInviteCode')
  await disable({ accounts: [did] })
  expect(await opens(second, 'second')).toBe('InvalidInviteCode')
  const all = await disable({ accounts: ['admin'] })
  expect([all.status, all.body]).toEqual([
    400,
    { error: 'InvalidRequest', message: 'cannot disable admin invite codes' },
  ])
  expect((await disable({})).status).toBe(200)
})

test('invites of an account are disabled and enabled, at its community alone', async () => {
  const { created } = await signUp(house, 'storks')
  const { did: account } = created.body
  const set = (method: string, question: Question = storks) =>
    ask(house, admin(method), { ...question, input: { account, note: 'spam' } })
  const isDisabled = async () =>
    (await ask(house, `${admin('getAccountInfo')}?did=${account}`, storks)).body.invitesDisabled
  const done = await set('disableAccountInvites')
  expect([done.status, done.text, await isDisabled()]).toEqual([200, '', true])
  for (const method of ['disableAccountInvites', 'enableAccountInvites']) {
    expect((await set(method, herons)).body.error).toBe('NotFound')
  }
  expect(await isDisabled()).toBe(true)
  await set('enableAccountInvites')
  expect(await isDisabled()).toBe(false)
  const nonsense = { ...storks, input: { account: 'nobody' } }
  expect((await ask(house, admin('disableAccountInvites'), nonsense)).body.error).toBe('InvalidRequest')
})

describe('getInviteCodes', () => {
  const page = (params: Record<string, string>, question: Question = herons) =>
    ask(house, `${admin('getInviteCodes')}?${new URLSearchParams(params)}`, question)

  async function all(sort: string, limit: number) {
    const seen: { code: string; createdAt: string; uses: object[] }[] = []
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const { body } = await page({ sort, limit: String(limit), ...(cursor && { cursor }) })
      seen.push(...body.codes)
      cursor = body.cursor
    }
    return seen
  }

  beforeAll(async () => {
    await house.db.deleteFrom('invite_code').where('code', 'like', 'herons-%').execute()
    for (let round = 0; round < 3; round++) await newCodes(9, ['did:web:a.test'], herons)
    const codes = await house.db
      .selectFrom('invite_code')
      .select('code')
      .where('code', 'like', 'herons-%')
      .execute()
    for (const [index, { code }] of codes.entries()) {
      const dids = Array.from({ length: index % 3 }, (_, use) => ({ code, did: `did:web:use${use}.test` }))
      if (dids.length > 0) await house.db.insertInto('invite_use').values(dids).execute()
    }
    await newCodes(1)
  })

  test.each([1, 2, 4, 500])(
    'pages through all of the community, the newest first, %i at a time',
    async (limit) => {
      const codes = await all('recent', limit)
      expect(codes).toHaveLength(6)
      const order = codes.map(({ createdAt, code }) => `${createdAt} ${code}`)
      expect(order).toEqual([...order].sort().reverse())
      expect(new Set(order).size).toBe(6)
    },
  )

  test.each([1, 2, 4, 500])('and the most used first, %i at a time', async (limit) => {
    const codes = await all('usage', limit)
    expect(codes.map(({ uses }) => uses.length)).toEqual([2, 2, 1, 1, 0, 0])
    expect(new Set(codes.map(({ code }) => code)).size).toBe(6)
  })

  test('gives cursors as the reference does', async () => {
    const recent = (await page({ limit: '2' })).body
    const [, last] = recent.codes
    expect(recent.cursor).toBe(`${Date.parse(last.createdAt)}::${last.code}`)
    const usage = (await page({ limit: '3', sort: 'usage' })).body
    expect(usage.cursor).toBe(`1::${usage.codes[2].code}`)
  })

  test('refuses another order, a malformed cursor and a limit that is too small or too large', async () => {
    const refusal = async (params: Record<string, string>) => {
      const { status, body } = await page(params)
      return status === 200 ? 200 : body.error
    }
    expect((await page({ sort: 'age' })).body.message).toBe('unknown sort method: age')
    const cursors = [
      'x',
      '1::',
      '::a',
      '1e3::a',
      `${'9'.repeat(17)}::a`,
      '253402300800000::a',
      "1::'",
      '1::a b',
    ]
    for (const cursor of cursors) {
      for (const sort of ['recent', 'usage']) expect(await refusal({ sort, cursor })).toBe('InvalidRequest')
    }
    expect(await refusal({ cursor: '253402300799999::a', limit: '500' })).toBe(200)
    expect(await refusal({ limit: '1' })).toBe(200)
    for (const limit of ['0', '501', 'x']) expect(await refusal({ limit })).toBe('InvalidRequest')
  })
})

describe('sendEmail', () => {
  const send = (input: object, question: Question = herons) =>
    ask(house, admin('sendEmail'), {
      ...question,
      input: { senderDid: 'did:web:mod.test', content: '<p>x</p>', ...input },
    })
  const mails = async () => {
    const rows = await house.db
      .selectFrom('job_outbox')
      .select('payload')
      .where('queue', '=', 'mail')
      .execute()
    return rows.map(({ payload }) => payload)
  }

  test('mails a member, whatever state he is in, with the subject of the reference unless there is another', async () => {
    const { created, email } = await signUp(house)
    const recipientDid = created.body.did
    await house.db.updateTable('actor').set({ takedown_ref: 'x' }).where('did', '=', recipientDid).execute()
    expect((await send({ recipientDid })).body).toEqual({ sent: true })
    expect((await send({ recipientDid, subject: 'A word', comment: 'for the record' })).body).toEqual({
      sent: true,
    })
    const mail = { template: 'message', html: '<p>x</p>' }
    expect(await mails()).toMatchObject([
      { to: email, serviceName: 'herons', mail: { ...mail, subject: 'Message via your PDS' } },
      { to: email, mail: { ...mail, subject: 'A word' } },
    ])
  })

  test('finds nobody at another community, nor an actor that has no address', async () => {
    const { created, email } = await signUp(house)
    const recipientDid = created.body.did
    const before = (await mails()).length
    const refused = { error: 'InvalidRequest', message: 'Recipient not found' }
    expect((await send({ recipientDid }, storks)).body).toEqual(refused)
    await house.db.deleteFrom('account').where('email', '=', email).execute()
    expect((await send({ recipientDid })).body).toEqual(refused)
    expect((await send({ recipientDid: 'did:web:nobody.test' })).body).toEqual(refused)
    expect((await send({ recipientDid, content: ' ' })).status).toBe(400)
    expect((await send({ recipientDid: 'nonsense' })).status).toBe(400)
    expect(await mails()).toHaveLength(before)
  })
})
