/** Which service answers what: the one map that proxies, ingress and the standalone house are made from (ARCHITECTURE §7). */
export type Owner = 'entryway' | 'api' | 'sequencer'

export interface PathRule {
  /** `exact` is this path alone; `prefix` every path that begins so, of which the longest rule decides. */
  readonly match: 'exact' | 'prefix'
  readonly path: string
  readonly owner: Owner
}

export const pathRules: readonly PathRule[] = [
  { match: 'exact', path: '/xrpc/com.atproto.sync.subscribeRepos', owner: 'sequencer' },
  { match: 'prefix', path: '/xrpc/com.atproto.server.', owner: 'entryway' },
  { match: 'prefix', path: '/xrpc/com.atproto.identity.', owner: 'entryway' },
  { match: 'prefix', path: '/xrpc/com.atproto.admin.', owner: 'entryway' },
  { match: 'prefix', path: '/xrpc/com.atproto.temp.', owner: 'entryway' },
  { match: 'prefix', path: '/xrpc/host.heronry.', owner: 'entryway' },
  { match: 'exact', path: '/xrpc/_health', owner: 'entryway' },
  { match: 'prefix', path: '/xrpc/', owner: 'api' },
  // /oauth/*, /account/*, /admin/*, /.well-known/*, /@atproto/oauth-provider/*, /tls-check, /robots.txt and the pages.
  { match: 'prefix', path: '/', owner: 'entryway' },
]

/** The owner of a path (without its query). A slash at the end of a method's name is no other path. */
export function ownerOfPath(path: string): Owner {
  const bare = path.length > 1 && path.endsWith('/') && path !== '/xrpc/' ? path.slice(0, -1) : path
  const [rule] = pathRules
    .filter((it) => (it.match === 'exact' ? bare === it.path : bare.startsWith(it.path)))
    .sort((a, b) => b.path.length - a.path.length)
  if (rule === undefined) throw new Error('A path begins with a slash')
  return rule.owner
}

export function ownerOf(nsid: string): Owner {
  return ownerOfPath(`/xrpc/${nsid}`)
}

/** Those of `nsids` that `owner` answers, in their order. */
export function methodsOf(owner: Owner, nsids: readonly string[]): string[] {
  return nsids.filter((nsid) => ownerOf(nsid) === owner)
}
