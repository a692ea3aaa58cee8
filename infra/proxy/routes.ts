import { type Owner, ownerOf, ownerOfPath, type PathRule, pathRules } from '@heronry/xrpc/ownership'

/** The port each owner listens on behind a proxy. */
export const ports: Readonly<Record<Owner, number>> = { entryway: 2601, api: 2602, sequencer: 2603 }

/** Methods whose answer never ends. */
const endless = ['com.atproto.sync.subscribeRepos']

/** Methods whose body is as large as the service allows, handed on as it comes in. */
const streamed = ['com.atproto.repo.importRepo', 'com.atproto.repo.uploadBlob']

/**
 * The `location` blocks of nginx: one for each rule of the ownership map and for each method that needs other treatment. nginx
 * decides as the map does: an exact path first, else the longest prefix.
 */
export function proxyRoutes(): string {
  const special = [...endless, ...streamed].map((nsid) => `/xrpc/${nsid}`)
  const plain = pathRules.filter(({ path }) => !special.includes(path))
  return [
    header,
    ...endless.flatMap((nsid) => methodLocations(nsid, 'endless.conf')),
    ...streamed.flatMap((nsid) => methodLocations(nsid, 'streamed.conf')),
    ...plain.flatMap(ruleLocations),
  ].join('\n')
}

/** The `upstream` blocks: every address that a service's name has, asked for again and again. */
export function proxyUpstreams(): string {
  return [header, ...Object.entries(ports).map(([owner, port]) => upstream(owner, port))].join('\n')
}

const header = '# Generated from libs/xrpc/src/ownership.ts by `npm run proxy:routes`.\n'

/** A slash at the end of a method's name is no other path. */
function methodLocations(nsid: string, include: string): string[] {
  const owner = ownerOf(nsid)
  return [`/xrpc/${nsid}`, `/xrpc/${nsid}/`].map((path) => location(`= ${path}`, { owner, include }))
}

function ruleLocations({ match, path, owner }: PathRule): string[] {
  const include = 'request.conf'
  if (match === 'exact') return [path, `${path}/`].map((it) => location(`= ${it}`, { owner, include }))
  // By itself nginx would answer the path without the slash with a redirect.
  const bare = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : undefined
  return [
    ...(bare === undefined ? [] : [location(`= ${bare}`, { owner: ownerOfPath(bare), include })]),
    location(path, { owner, include }),
  ]
}

function location(pattern: string, { owner, include }: { owner: Owner; include: string }): string {
  return `location ${pattern} {
  include ${include};
  proxy_pass http://${owner};
}
`
}

function upstream(owner: string, port: number): string {
  return `upstream ${owner} {
  zone ${owner} 64k;
  server ${owner}:${port} resolve max_fails=0;
  keepalive 64;
}
`
}
