import type { ConformanceCase } from './conformance-case.ts'
import { limitCases } from './limit-cases.ts'
import type { Answer, Asked } from './request.ts'

export interface Difference {
  readonly differs: NonNullable<ConformanceCase['differs']>
  readonly name: string
  readonly asked: Asked
  readonly our: Answer
  readonly their: Answer
}

/** `docs/compatibility.md`: what was asked, and where we answer otherwise, as measured in this run. */
export function compatibilityPage(
  table: Record<string, readonly ConformanceCase[]>,
  differences: readonly Difference[],
): string {
  const groups = Object.entries(table).map(([group, cases]) => {
    const differing = cases.filter(({ differs }) => differs !== undefined).length
    return `| ${group} | ${cases.length} | ${differing} |`
  })
  const rows = differences.map(({ name, asked, our, their, differs }) =>
    row([`${name}: ${requestLine(asked)}`, told(their), told(our), differs.why]),
  )
  return `${head}
| Requests about | asked | differing |
|---|---|---|
${groups.join('\n')}
| Rate limits (cases of several requests) | ${limitCases.length} | 0 |

## Differences

| Request | @atproto/xrpc-server | Heronry | Why |
|---|---|---|---|
${rows.join('\n')}
${beyond}`
}

const head = `# Compatibility

A client must not be able to tell Heronry from the reference PDS, but where the reference is wrong. This page is written by
\`npx vitest run libs/xrpc/test/conformance.test.ts -u\`, which asks \`@atproto/xrpc-server\` (with the reference's limits, catch-all and
compression) and Heronry the same; it fails in CI where it is not current. Compared are the status, the body with the error's name and
its message, the content type and coding, and for rate limits the RateLimit-* headers.
`

const beyond = `
## On purpose, beyond single requests

- A fault (500) has a request id in \`x-request-id\`, as every answer has; its body says nothing else.
- \`Host\` decides the community: a host of nobody answers 421 \`UnknownHost\`, the host of a handle 404 \`XRPCNotSupported\`.
- The address ranges of \`PDS_RATE_LIMIT_BYPASS_IPS\` are ranges; the reference compares the address before the slash.
- A client is counted by its IPv4 address, or by the /64 of its IPv6 address; the reference counts every address apart, of which anybody
  with IPv6 has 2^64. Whose \`X-Forwarded-For\` is believed \`HERONRY_TRUSTED_PROXIES\` says, unless set as in the reference: every
  private address; the addresses of \`PDS_RATE_LIMIT_BYPASS_IPS\` are not believed.
- A wrong verb for a method of ours is answered without being counted.
- A rate limit's key longer than 128 characters is counted by its digest.
- Redis gone: global and shared limits let pass, limits of a method answer 500, as in the reference; nothing waits for Redis longer
  than half a second.
- \`uploadBlob\` takes any Content-Type with a slash in it, as the reference does, but stores one that is no media type as
  \`application/octet-stream\`: it is sent again to everybody who asks for the blob.
- getBlob answers ranges, conditions and HEAD, and where the house says so 302 to where the bytes are; what the blob store does not do is a 502 or 504,
  what it sends too little of a connection that breaks off. A blob that nobody refers to is a 400 BlobNotFound on any store.
- listBlobs lists what getBlob has: neither what was taken down nor what an account that moved in has still to bring (listMissingBlobs has that).
- A community may limit what blobs weigh: a 400 \`BlobQuotaExceeded\`, which the reference never says.
- A \`traceparent\` is followed only of trusted proxies' own requests; a stranger's is linked to.
- subscribeRepos says \`OutdatedCursor\` only where something of that community was really dropped; whatever is kept is replayed. It is kept
  for 72 hours unless \`PDS_REPO_BACKFILL_LIMIT_MS\` says otherwise (the reference keeps all and replays 24 hours). What an account said
  before its deletion is not replayed.
- Every community resolves the handles of every other of its house, as it would those of another server; nobody outside is asked for
  them. resolveDid, resolveIdentity and refreshIdentity are answered here; refreshIdentity at most 60 times in five minutes for an address.
- updateHandle to the handle that the account has puts a document right that says otherwise. While a change of an identity is going on,
  another of the same account answers 400. What a crash leaves half way is ended by a job.
- signPlcOperation spends its token only once there is an operation to give away, and refuses fields of another form than the
  directory's. A handle's well-known document has up to 4 KiB and three redirects; the reference knows neither limit nor time-out.
- Which handles are reserved or inappropriate are lists of our own, and a community adds to them (\`host.heronry.admin.editHandleRules\`).
- importRepo checks all of a CAR before it keeps any of it, and says what is wrong (the reference answers 500, or keeps it): of the DID, with a revision at
  most five minutes ahead, signed by a key of the DID's log (another is taken from a full session alone, and audited), every block what its CID names, the
  tree in its one form, every record canonical, at most 500 keys in a node. The repo is signed anew. Unless \`PDS_MAX_REPO_IMPORT_SIZE\` says otherwise it
  takes 4 GiB; the reference then takes as much as a blob may have. Changes since an earlier import (\`getRepo\` with \`since\`) are taken where they apply.
- activateAccount signs an empty commit, and its #sync is of that one; the reference sends the commit that it has, which may be that of the host before.
- What is compressed has a weak entity tag, and a part (206) is never compressed.
- JSON may be nested 256 deep; a body may have two content codings, and takes no more bytes on the wire than its limit allows.
- A service token pays for one call that succeeds, for 24 hours at most, and may name the community's repo service (\`#atproto_pds\`) as its audience. \`uploadBlob\` with one
  looks at the account's state.
- Only an active account's calls are passed on to other services, as the specification wants it; the reference passes on those of a deactivated
  or taken-down one. Nothing is resolved for somebody without credentials, who is told \`AuthMissing\` before \`could not resolve proxy did\`.
- Read-after-write: nothing new is put into a later page (by \`cursor\`), nothing twice, and into an author's feed only what its \`filter\` asks for; whose feed it is the
  parameter says, so that a first post is shown. What is pinned stays first. Pronouns, website and pinned post follow the profile, too. An answer over 2 MiB, and one
  that what it embeds keeps waiting for three seconds, is passed on as it came. atproto-content-labelers is kept.
- Service tokens name their key (\`kid\`). Their audience is the DID, or \`did#service\` for services in HERONRY_FRAGMENT_AUDIENCES. Every \`chat.bsky\` method
  wants a privileged app password; every \`tools.ozone\` method goes to the moderation service. \`chat.bsky\` without a header goes to the
  community's chat service, or is told what to do; the reference sends it to the AppView.
- A redirect of another service is answered 502. A member has at most 64 requests to one service in flight in each process, all members 1,024: 503
  \`NotEnoughResources\` beyond. A service that fails 20 times in a row is left alone for five seconds (502). A request's body has 100 MiB at most.
- putPreferences to another service by \`atproto-proxy\` is passed on as any other call is; the reference answers 500. At most 1,000 preferences.
- A did:web is read only where it is served as JSON; who brings one is told so. A DID document may be nested 64 deep.
- createAccount makes no account without a password, and none for a DID that ends or does not resolve. Where \`PDS_HCAPTCHA_*\` are set, it asks for a
  \`verificationCode\` of \`/gate/signup\`, but not of the administrator's Basic authorization; the reference asks in its own pages alone.
- A reserved signing key is kept for a day and used by the account of its DID. A community keeps 10,000 at most.
- \`deactivateAccount.deleteAfter\` is kept to, and must be in the future; an account that has moved in is deleted after three days if it was not activated.
- A deletion takes app passwords, invite codes and every token along; the code that the account came by has one use less.
- checkAccountStatus counts as repoBlocks what an export has; of more than 250,000 records the tree's leaves are estimated.
- A text body is UTF-8, without NUL; so are params, and JSON that is not a record.
- requestPasswordReset answers 200 whether or not the address has an account; a job looks it up. There is one such mail to an account in a
  minute. Tries at resetPassword are limited to 20 an hour for a network even without rate limits. A new password ends sessions, access
  tokens and app passwords.
- A token for a PLC operation is good for 60 minutes; a wrong one counts, and five of them end the right one. A token that is given must be
  right, also where none is needed. requestPlcOperationSignature and updateEmail are limited by account (15 an hour, 50 a day), which the
  reference does not do. updateEmail mails the new address its confirmation token.
- disableAccountInvites and enableAccountInvites answer 400 \`NotFound\` for an account that the community does not have. Invite codes of a
  suspended account are of no use, as those of one that is taken down.
- Every call with the admin password, and every one that is refused for a wrong one, has a row in the audit log; \`x-heronry-reason\` may say why.
  Thirty wrong passwords of one address in five minutes have it refused (429), the right one too, with rate limits or without.
- \`com.atproto.admin.*\` for an account, a record or a blob that the community has not is a 400 \`NotFound\`, and the world is told nothing; the
  reference says of any DID that it was deleted. A takedown also ends access tokens. Of a record no reference is kept.
  A record that is taken down is absent from getRecord, listRecords and sync.getRecord (RecordNotFound; the reference proves it). It stays in the signed repo, and so in
  getRepo, getBlocks and what the firehose has said: without it no tree would verify.
- updateAccountEmail takes an address only, and one of somebody else is a 400; a new password of updateAccountPassword ends app passwords, too.
- searchAccounts, which the reference has not, finds by the beginning of an address; getAccountInfos takes 400 DIDs at most.
- An account may be suspended until a moment (\`host.heronry.admin.suspendAccount\`): its status is \`suspended\`, which the reference never says.
- A mail whose code has expired before an SMTP server took it is not sent. What cannot be sent is kept and can be tried again (\`heronry mail\`); an
  address that was refused for good gets no mail for a month. A request never waits for an SMTP server, and never fails for one.
- Mails load no image: PDS_LOGO_URL is for pages, and a community's logo comes with the mail. Of what the reference says nothing is told by
  mail, too: another address (to the old one), another password, an app password, a second factor that is switched and new recovery codes, a sign-in with the
  account's password from a network or a program that was not there before (twenty in a day at most; none for the sign-up and what follows it from
  there), a signed PLC operation and what it changes, a deletion, a suspension and its end. The mail with a PLC code says which DID it is for, and from
  where it was asked for: what will be changed is not known before it is used.
- An access token is refused once its sessions were revoked (password change, takedown, signing out everywhere) or its app password; the reference's
  live on for two hours. An app password's access tokens name it in the claim \`app_password\`.
- An app password may be narrowed to OAuth scopes (\`host.heronry.account.createAppPassword\`); without \`account:email\` its sessions are not told
  the address. A name that is taken answers 400 \`AlreadyExists\`,
  where the reference answers 500; an account has at most 100.
- Every method of \`chat.bsky\` takes a privileged app password; the reference knows a list, and lets through what came after it.
- Session answers say \`emailAuthFactor\`, false where no codes are mailed: the official client keeps what it knew before where nothing is said. The reference has
  no second factor.
- getSession answers a taken-down account, with its status; \`suspended\` is a status of its own.
- After 30 failed logins in a row by one name from one network, further ones answer 429 for a minute, later for up to two hours; \`Retry-After\` says for
  how long, as for too many wrong codes and tries at tokens.
  Wrong passwords of deleteAccount count as failed logins.
- Session tokens are ES256 with a \`kid\`. HS256 tokens count only at a community that was imported with their secret, if issued before its
  cut-over, until 90 days after it.
`

function requestLine({ method = 'GET', path, headers = {} }: Asked): string {
  const said = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return code([`${method} ${path}`, ...said].join(', '))
}

function told({ status, headers, json, text }: Answer): string {
  const { error } = (json ?? {}) as { error?: string }
  if (error !== undefined) return `${status} ${error}`
  const coding = headers['content-encoding'] === undefined ? '' : `, ${headers['content-encoding']}`
  const body = text.length > 60 ? `${headers['content-type']}${coding}` : text
  return body === '' ? String(status) : `${status} ${code(body)}`
}

function code(text: string): string {
  return `\`${text.replace(/[\p{Cc}`]/gu, '·')}\``
}

function row(cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
