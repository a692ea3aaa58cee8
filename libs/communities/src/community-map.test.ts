import type { Did } from '@heronry/core/did'
import type { CommunityId } from '@heronry/core/ids'
import { describe, expect, test } from 'vitest'
import type { Community } from './community.ts'
import { CommunityMap } from './community-map.ts'
import { hostHeadersMax, hostLengthMax } from './limits.ts'

const herons = community(1, 'herons.example', ['.herons.example', '.birds.example'])
const storks = community(2, 'storks.example', ['.white.birds.example'])

describe('of two communities', () => {
  const map = new CommunityMap([herons, storks])

  test.each([
    'herons.example',
    'HERONS.Example',
    'herons.example:443',
    'herons.example.',
    'herons.example.:80',
  ])('the host %s is herons', (host) =>
    expect(map.forHost(host)).toEqual({ kind: 'community', community: herons }),
  )

  test('a host below a handle domain is a handle of its community, the longest domain first', () => {
    expect(map.forHost('grey.birds.example')).toEqual({
      kind: 'handle',
      community: herons,
      handle: 'grey.birds.example',
    })
    expect(map.forHost('a.white.birds.example')).toMatchObject({ kind: 'handle', community: storks })
    expect(map.forHost('_acme.birds.example')).toMatchObject({ kind: 'handle', handle: null })
  })

  test.each([
    undefined,
    '',
    '.',
    'birds.example',
    'evil-herons.example',
    'herons.example.evil.test',
    'user@herons.example',
    'herons.example:x',
    'herons.example:443:443',
    '[::1]',
    '127.0.0.1',
    'herons.example/',
    'herons\u0000.example',
    'hérons.example',
    'a'.repeat(1_000_000),
  ])('the host %.40s is nobody', (host) => {
    expect(() => map.forHost(host)).toThrow('No community answers')
  })

  test('a host is read up to its longest length and not past it', () => {
    const longest = `${'a'.repeat(hostLengthMax - '.birds.example'.length)}.birds.example`
    expect(map.forHost(longest)).toMatchObject({ community: herons })
    expect(() => map.forHost(`a${longest}`)).toThrow('No community answers')
  })
})

test('the only community answers on any host, but for its handles', () => {
  const map = new CommunityMap([herons])
  for (const host of [undefined, '127.0.0.1:2583', '[::1]:2583', 'anything.example']) {
    expect(map.forHost(host)).toEqual({ kind: 'community', community: herons })
  }
  expect(map.forHost('grey.herons.example')).toMatchObject({ kind: 'handle', handle: 'grey.herons.example' })
})

test('a house without communities answers nobody', () => {
  expect(() => new CommunityMap([]).forHost('localhost')).toThrow('No community answers')
})

test('headers past those that are remembered are answered as well', () => {
  const map = new CommunityMap([herons, storks])
  for (let port = 1; port <= hostHeadersMax + 1; port++) {
    expect(map.forHost(`storks.example:${port}`)).toEqual({ kind: 'community', community: storks })
  }
  expect(map.forHost('herons.example')).toMatchObject({ community: herons })
})

function community(id: number, hostname: string, handleDomains: string[]): Community {
  return {
    id: id as CommunityId,
    slug: hostname,
    hostname,
    publicUrl: `https://${hostname}`,
    serviceDid: `did:web:${hostname}` as Did,
    handleDomains,
    adminPasswordHash: null,
    settings: { name: hostname, inviteRequired: true, links: {} },
  }
}
