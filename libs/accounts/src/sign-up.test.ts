import type { Community } from '@heronry/communities/community'
import type { Did } from '@heronry/core/did'
import type { CommunityId } from '@heronry/core/ids'
import { describe, expect, test } from 'vitest'
import { isEmailAddress } from './email-address.ts'
import { readSignUp, type SignUpRequest } from './sign-up.ts'

const here = community({ hostname: 'here.test', handleDomains: ['.test', '.deep.test'] })
const good: SignUpRequest = {
  community: here,
  handle: 'alice.test',
  email: 'Alice@Example.com',
  password: 'x',
}

test('a good sign-up is read, its e-mail in lower case', () => {
  expect(read({})).toMatchObject({
    email: 'alice@example.com',
    inviteCode: null,
    did: null,
    gateCode: null,
  })
})

describe('what is missing or wrong is refused in the order of the reference', () => {
  const wrong: SignUpRequest = {
    community: community({ hostname: 'closed.test', handleDomains: ['.test'], inviteRequired: true }),
    handle: 'x',
    plcOp: {},
    did: 'did:web:x.example.com',
    provenDid: 'did:web:y.example.com' as Did,
    password: 'x'.repeat(257),
    email: 'x',
  }
  const steps: [Partial<SignUpRequest>, string, string][] = [
    [{}, 'Unsupported', 'Unsupported input: "plcOp"'],
    [{ plcOp: undefined }, 'InvalidRequest', 'Maximum length is 256'],
    [{ password: 'x'.repeat(256) }, 'InvalidInviteCode', 'No invite code provided'],
    [{ inviteCode: 'a-b', email: undefined }, 'InvalidRequest', 'Email is required'],
    [{ email: 'x' }, 'InvalidRequest', 'This email address is not supported'],
    [{ email: 'x@example.com', password: '' }, 'InvalidRequest', 'Password is required'],
    [{ password: 'x' }, 'InvalidVerificationCode', 'A verification code is required'],
    [{ verificationCode: '' }, 'InvalidVerificationCode', 'A verification code is required'],
    [
      { isAdmin: true },
      'AuthenticationRequired',
      'Missing auth to create account with did: did:web:x.example.com',
    ],
    [{ isAdmin: false, verificationCode: 'a' }, 'AuthenticationRequired', 'Missing auth'],
    [{ provenDid: undefined }, 'AuthenticationRequired', 'Missing auth'],
  ]
  test.each(steps.map((_, index) => index))('(step %i)', (index) => {
    const request = Object.assign({}, wrong, ...steps.slice(0, index + 1).map(([change]) => change))
    const [, code, message] = steps[index] ?? []
    expect(() => readSignUp(request, { hasGate: true })).toThrow(expect.objectContaining({ code }))
    expect(() => readSignUp(request, { hasGate: true })).toThrow(message)
  })
})

describe('an e-mail address', () => {
  test.each([
    'a@b.co',
    'first.last+tag@sub.example.com',
    "o'brien@example.com",
    'x@xn--bcher-kva.example',
    `${'a'.repeat(64)}@example.com`,
    `aa@${`${'b'.repeat(61)}.`.repeat(4)}com`,
  ])('%s can be written to', (text) => {
    expect(isEmailAddress(text)).toBe(true)
  })

  test.each([
    '',
    'a',
    '@b.co',
    'a@',
    'a@b',
    'a@localhost',
    'a@1.2.3.4',
    'a@[127.0.0.1]',
    '"a b"@b.co',
    'a b@b.co',
    '.a@b.co',
    'a..b@b.co',
    'a@-b.co',
    'a@b..co',
    'a@b.co\n',
    'a@b.co\u0000',
    'a@b.co, c@d.co',
    'Name <a@b.co>',
    `${'a'.repeat(65)}@example.com`,
    `aaa@${`${'b'.repeat(61)}.`.repeat(4)}com`,
    `a@${'b'.repeat(64)}.com`,
    `${'a.'.repeat(1_000_000)}@b.co`,
  ])('is refused (%#)', (text) => {
    expect(isEmailAddress(text)).toBe(false)
  })
})

function read(change: Partial<SignUpRequest>) {
  return readSignUp({ ...good, ...change }, { hasGate: false })
}

function community({
  hostname,
  handleDomains,
  inviteRequired = false,
}: {
  hostname: string
  handleDomains: string[]
  inviteRequired?: boolean
}): Community {
  return {
    id: 1 as CommunityId,
    slug: hostname,
    hostname,
    publicUrl: `https://${hostname}`,
    serviceDid: `did:web:${hostname}` as Did,
    handleDomains,
    adminPasswordHash: null,
    settings: { name: hostname, inviteRequired, links: {} },
  }
}
