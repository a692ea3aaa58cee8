import type { Known, Template } from './draft.ts'
import { cid, collection, rawCid, rev } from './odd-values.ts'

/** Every method of the house, and what else it answers. */
export function templatesOf(known: Known): Template[] {
  const { handle } = known
  return [
    ...writes(known),
    ...reads(known),
    ...accounts(known),
    ...identities(known),
    xrpc('com.atproto.server.describeServer', {}),
    xrpc('app.bsky.feed.getTimeline', { params: { limit: 2 }, credentials: 'access' }),
    { path: '/xrpc/_health' },
    { path: '/.well-known/atproto-did' },
    { path: '/tls-check', params: { domain: handle } },
    { path: '/' },
  ]
}

function xrpc(nsid: string, template: Omit<Template, 'path'>): Template {
  return { path: `/xrpc/${nsid}`, ...template }
}

function writes({ did }: Known): Template[] {
  const record = { $type: collection, text: 'heron', createdAt: '2026-01-01T00:00:00Z' }
  const write = { repo: did, collection, rkey: rev, record, validate: true }
  const batch = ['create', 'update', 'delete'].map((kind) => ({
    $type: `com.atproto.repo.applyWrites#${kind}`,
    ...{ collection, rkey: `3l3qo2vuow${kind.slice(0, 3)}`, value: record },
  }))
  const byOwner = (verb: string, body: object | string) =>
    xrpc(`com.atproto.repo.${verb}`, { body, credentials: 'access' })
  return [
    byOwner('createRecord', { repo: did, collection, record }),
    byOwner('putRecord', write),
    byOwner('deleteRecord', { ...write, swapCommit: cid }),
    byOwner('applyWrites', { repo: did, validate: true, writes: batch }),
    byOwner('uploadBlob', 'bytes of a picture'),
  ]
}

function reads({ did, handle }: Known): Template[] {
  const query = (name: string, params: Template['params'] = {}) => xrpc(`com.atproto.${name}`, { params })
  return [
    query('repo.getRecord', { repo: did, collection, rkey: rev }),
    query('repo.listRecords', { repo: handle, collection, reverse: true, limit: 2 }),
    query('repo.describeRepo', { repo: handle }),
    query('sync.getBlob', { did, cid: rawCid }),
    query('sync.getBlocks', { did, cids: [cid, rawCid] }),
    query('sync.getRepo', { did, since: rev }),
    query('sync.getRecord', { did, collection, rkey: rev }),
    query('sync.listBlobs', { did, since: rev, limit: 2 }),
    query('sync.listRepos', { limit: 2 }),
    query('sync.getLatestCommit', { did }),
    query('sync.getRepoStatus', { did }),
    query('sync.subscribeRepos', { cursor: 1 }),
  ]
}

function accounts({ did, handle, email, password }: Known): Template[] {
  const fresh = { handle: 'crane.test', email: 'crane@example.com', password: 'secret' }
  const moving = { ...fresh, did, inviteCode: 'x', plcOp: {}, recoveryKey: 'did:key:z' }
  const server = (name: string, template: Omit<Template, 'path'>) =>
    xrpc(`com.atproto.server.${name}`, template)
  const admin = { credentials: 'admin' } as const
  return [
    server('createSession', { body: { identifier: handle, password, authFactorToken: 'x' } }),
    server('createAccount', { body: fresh }),
    server('createAccount', { body: moving }),
    server('refreshSession', { verb: 'POST', credentials: 'refresh' }),
    server('getSession', { credentials: 'access' }),
    server('confirmEmail', { body: { email, token: 'AAAAA-BBBBB' }, credentials: 'access' }),
    server('createInviteCode', { body: { useCount: 1, forAccount: did }, ...admin }),
    server('createInviteCodes', { body: { codeCount: 1, useCount: 1, forAccounts: [did] }, ...admin }),
    xrpc('com.atproto.admin.getAccountInfo', { params: { did }, ...admin }),
    xrpc('host.heronry.admin.listAccounts', { params: { q: 'a', limit: 2 }, ...admin }),
    xrpc('host.heronry.admin.getAccount', { params: { account: did, did }, ...admin }),
    xrpc('host.heronry.account.getMailState', { credentials: 'access' }),
    xrpc('host.heronry.admin.listMail', { params: { account: email, which: 'dead', cursor: '7' }, ...admin }),
    xrpc('host.heronry.admin.retryMail', { body: { ids: ['7'], reason: 'x' }, ...admin }),
    xrpc('host.heronry.admin.sendTestMail', { body: { to: email, reason: 'x' }, ...admin }),
    xrpc('host.heronry.admin.unsuppressMail', { body: { email, reason: 'x' }, ...admin }),
    xrpc('host.heronry.admin.getBlobUsage', { params: { limit: '3' }, ...admin }),
    xrpc('host.heronry.admin.placeBlobHold', { body: { did, cid: rawCid, reason: 'x' }, ...admin }),
    xrpc('host.heronry.admin.liftBlobHold', { body: { id: '7', reason: 'x' }, ...admin }),
    xrpc('host.heronry.admin.listBlobHolds', { params: { cursor: '7', limit: '3' }, ...admin }),
    xrpc('host.heronry.admin.editBlobBlocks', {
      body: { add: [{ sha256: '00'.repeat(32), note: 'x' }], remove: ['00'.repeat(32)], reason: 'x' },
      ...admin,
    }),
    xrpc('host.heronry.admin.listBlobBlocks', { params: { cursor: '00'.repeat(32), limit: '3' }, ...admin }),
  ]
}

/** Without those that ask the host of a did:web: its silence is passed on as a 502. */
function identities({ handle }: Known): Template[] {
  const identity = (name: string, template: Omit<Template, 'path'>) =>
    xrpc(`com.atproto.identity.${name}`, template)
  const rule = { kind: 'reserved', word: 'bittern' }
  const changes = {
    rotationKeys: ['did:key:z'],
    alsoKnownAs: [`at://${handle}`],
    verificationMethods: { atproto: 'did:key:z' },
    services: { atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint: 'https://example.com' } },
  }
  const operation = { type: 'plc_operation', ...changes, prev: cid, sig: 'AAAA' }
  return [
    identity('resolveHandle', { params: { handle } }),
    identity('updateHandle', { body: { handle }, credentials: 'access' }),
    identity('getRecommendedDidCredentials', { credentials: 'access' }),
    identity('signPlcOperation', { body: { token: 'AAAAA-BBBBB', ...changes }, credentials: 'access' }),
    identity('submitPlcOperation', { body: { operation }, credentials: 'access' }),
    xrpc('host.heronry.admin.listHandleRules', { credentials: 'admin' }),
    xrpc('host.heronry.admin.editHandleRules', {
      body: { add: [rule], remove: [rule] },
      credentials: 'admin',
    }),
  ]
}
