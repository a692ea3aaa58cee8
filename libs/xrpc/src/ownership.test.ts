import { l } from '@atproto/lex'
import * as lexicons from '@heronry/lexicons/generated/index'
import { expect, test } from 'vitest'
import { methodsOf, type Owner, ownerOf, ownerOfPath, pathRules } from './ownership.ts'

test.each<[string, Owner]>([
  ['com.atproto.server.createAccount', 'entryway'],
  ['com.atproto.server.describeServer', 'entryway'],
  ['com.atproto.identity.resolveHandle', 'entryway'],
  ['com.atproto.admin.getAccountInfo', 'entryway'],
  ['com.atproto.temp.checkSignupQueue', 'entryway'],
  ['host.heronry.admin.getStatus', 'entryway'],
  ['com.atproto.sync.subscribeRepos', 'sequencer'],
  ['com.atproto.sync.getRepo', 'api'],
  ['com.atproto.sync.subscribeReposs', 'api'],
  ['com.atproto.repo.createRecord', 'api'],
  ['com.atproto.moderation.createReport', 'api'],
  ['com.atproto.servers.list', 'api'],
  ['app.bsky.feed.getTimeline', 'api'],
  ['net.example.unknown', 'api'],
])('%s is owned by %s', (nsid, owner) => expect(ownerOf(nsid)).toBe(owner))

test.each<[string, Owner]>([
  ['/', 'entryway'],
  ['/xrpc/_health', 'entryway'],
  ['/xrpc/com.atproto.sync.subscribeRepos/', 'sequencer'],
  ['/xrpc/', 'api'],
  ['/.well-known/atproto-did', 'entryway'],
  ['/oauth/token', 'entryway'],
  ['/account', 'entryway'],
  ['/@atproto/oauth-provider/~api/sign-in', 'entryway'],
  ['/tls-check', 'entryway'],
])('the path %s is owned by %s', (path, owner) => expect(ownerOfPath(path)).toBe(owner))

test('every method of the lexicons has exactly one owner', () => {
  const nsids = methodsIn(lexicons)
  expect(nsids.length).toBeGreaterThan(200)
  const owners: Owner[] = ['entryway', 'api', 'sequencer']
  for (const nsid of nsids) {
    expect(owners.filter((owner) => methodsOf(owner, [nsid]).length === 1)).toHaveLength(1)
  }
  expect(methodsOf('sequencer', nsids)).toEqual(['com.atproto.sync.subscribeRepos'])
})

test('no two rules are for the same path, so that order decides nothing', () => {
  expect(new Set(pathRules.map(({ path }) => path)).size).toBe(pathRules.length)
})

/** The NSIDs of all queries, procedures and subscriptions in a tree of generated namespaces. */
function methodsIn(namespace: object): string[] {
  return Object.entries(namespace).flatMap(([name, value]) => {
    if (name === 'main' && isMethod(value)) return [value.nsid]
    return Object.prototype.toString.call(value) === '[object Module]' ? methodsIn(value) : []
  })
}

function isMethod(value: unknown): value is l.Query | l.Procedure | l.Subscription {
  return value instanceof l.Query || value instanceof l.Procedure || value instanceof l.Subscription
}
