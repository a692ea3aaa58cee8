import type { Community } from '@heronry/communities/community'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import { describe, expect, test } from 'vitest'
import { checkHandle } from './handle-rules.ts'
import { shippedRules } from './handle-words.ts'

const here = community({ hostname: 'here.test', handleDomains: ['.test', '.deep.test'] })
const there = community({ hostname: 'there.example.com', handleDomains: ['.there.test'] })

describe('a handle', () => {
  test.each([
    ['abc.test', 'abc.test'],
    [`${'a'.repeat(18)}.test`, `${'a'.repeat(18)}.test`],
    ['ALICE.test', 'alice.test'],
    ['abc.deep.test', 'abc.deep.test'],
    ['adm1n.test', 'adm1n.test'],
  ])('%s is one of the community', (handle, expected) => {
    expect(check(handle)).toEqual({ handle: expected, isOurs: true })
  })

  test.each(['alice.example.com', 'alice.mytest'])('%s is one of another domain', (handle) => {
    expect(check(handle)).toEqual({ handle, isOurs: false })
  })

  test.each([
    ['ab.test', 'InvalidHandle', 'Handle too short'],
    [`${'a'.repeat(19)}.test`, 'InvalidHandle', 'Handle too long'],
    ['a.b.test', 'InvalidHandle', 'Invalid characters in handle'],
    ['alice', 'InvalidHandle', 'Input/handle must be a valid handle'],
    ['-alice.test', 'InvalidHandle', 'Input/handle must be a valid handle'],
    ['ali_ce.test', 'InvalidHandle', 'Input/handle must be a valid handle'],
    ['alice\u0000.test', 'InvalidHandle', 'Input/handle must be a valid handle'],
    [`${'a'.repeat(1_000_000)}.test`, 'InvalidHandle', 'Input/handle must be a valid handle'],
    ['alice.local', 'InvalidHandle', 'Handle TLD is invalid or disallowed'],
    ['alice.onion', 'InvalidHandle', 'Handle TLD is invalid or disallowed'],
    ['admin.test', 'HandleNotAvailable', 'Reserved handle'],
    ['www.deep.test', 'HandleNotAvailable', 'Reserved handle'],
    ['here.test', 'HandleNotAvailable', 'Reserved handle'],
    ['there.test', 'HandleNotAvailable', 'Reserved handle'],
  ] as const)('%s is refused: %s', (handle, code, message) => {
    expect(() => check(handle)).toThrow(new HeronryError(code, message))
  })
})

function check(handle: string) {
  return checkHandle({ handle, community: here, communities: [here, there], rules: shippedRules })
}

function community({ hostname, handleDomains }: Pick<Community, 'hostname' | 'handleDomains'>): Community {
  return {
    id: 1 as CommunityId,
    slug: hostname,
    hostname,
    publicUrl: `https://${hostname}`,
    serviceDid: `did:web:${hostname}` as Did,
    handleDomains,
    adminPasswordHash: null,
    settings: { name: hostname, inviteRequired: false, links: {} },
  }
}
