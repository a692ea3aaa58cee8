import type { SmtpSink } from '@heronry/testing/smtp-sink'
import type { Pds } from './pds.ts'

/** Somebody who moves: what they know by heart, wherever they are. */
export interface MovingPerson {
  readonly did: string
  readonly email: string
  readonly password: string
  /** At the new server. */
  readonly newHandle: string
}

export interface Move {
  readonly from: Pds
  readonly to: Pds
  readonly person: MovingPerson
  /** Where both servers send their mail. */
  readonly mail: SmtpSink
}

/** What a client has found out so far; one that is started again has none of it. */
export interface Found {
  old: string
  fresh: string
  car: Buffer
  /** From the mail of the old server. */
  code: string
}

export type Step = readonly [name: string, run: (move: Move, found: Found) => Promise<void>]

const server = (name: string) => `com.atproto.server.${name}`
const identity = (name: string) => `com.atproto.identity.${name}`

/**
 * The requests of PDS MOOver, in its order (operator-journeys.md §9, J7); `goat account migrate` makes the same ones, but asks the old server for
 * all blobs. Each step may have been done before by a run that was cut off.
 */
export const moover: readonly Step[] = [
  [
    'log in at the old server',
    async ({ from, person }, found) => {
      found.old = await logIn(from, person)
    },
  ],
  ['make the account', makeAccount],
  [
    'log in at the new server',
    async ({ to, person }, found) => {
      found.fresh = await logIn(to, person)
    },
  ],
  [
    'fetch the repo',
    async ({ from, person }, found) => {
      const { status, bytes } = await from.call('com.atproto.sync.getRepo', {
        params: { did: person.did },
        token: found.old,
      })
      if (status !== 200) throw new Error(`getRepo: ${status}`)
      found.car = bytes
    },
  ],
  [
    'import the repo',
    async ({ to }, { fresh: token, car: bytes }) => {
      const request = { bytes, encoding: 'application/vnd.ipld.car', token }
      // A tab that is closed half way.
      await to
        .call('com.atproto.repo.importRepo', { ...request, cutAfter: Math.floor(bytes.length / 2) })
        .catch(() => {})
      await to.ok('com.atproto.repo.importRepo', request)
    },
  ],
  ['send the blobs', sendBlobs],
  ['ask for the mailed code', askForCode],
  ['sign and submit the operation', signAndSubmit],
  [
    'activate',
    async ({ to }, { fresh: token }) =>
      void (await to.ok(server('activateAccount'), { isPost: true, token })),
  ],
  [
    'deactivate the old account',
    async ({ from }, { old: token }) =>
      void (await from.ok(server('deactivateAccount'), { json: {}, token })),
  ],
]

/** From the beginning, as a client that was started again. */
export async function runSteps(move: Move, steps: readonly Step[]): Promise<Found> {
  const found: Found = { old: '', fresh: '', car: Buffer.alloc(0), code: '' }
  for (const [name, run] of steps) {
    await run(move, found).catch((cause: Error) => {
      throw new Error(`${name}: ${cause.message}`, { cause })
    })
  }
  return found
}

async function logIn(pds: Pds, { did: identifier, password }: MovingPerson): Promise<string> {
  return (await pds.ok(server('createSession'), { json: { identifier, password } })).accessJwt
}

async function makeAccount({ from, to, person }: Move, { old }: Found): Promise<void> {
  const { did, email, password, newHandle: handle } = person
  const status = await to.call('com.atproto.sync.getRepoStatus', { params: { did } })
  if (status.status === 200) return
  const lxm = server('createAccount')
  const { did: aud } = await to.ok(server('describeServer'))
  const { token } = await from.ok(server('getServiceAuth'), { params: { aud, lxm }, token: old })
  await to.ok(lxm, { json: { did, handle, email, password }, token })
}

/** What the new server says is missing; of one that does not say, all that the old one has. */
async function sendBlobs({ from, to, person: { did } }: Move, { fresh: token }: Found): Promise<void> {
  const missing = await to.call('com.atproto.repo.listMissingBlobs', { params: { limit: '100' }, token })
  const cids: string[] =
    missing.status === 200
      ? missing.body.blobs.map(({ cid }: { cid: string }) => cid)
      : (await from.ok('com.atproto.sync.listBlobs', { params: { did, limit: '100' } })).cids
  for (const cid of cids) {
    const blob = await from.call('com.atproto.sync.getBlob', { params: { did, cid } })
    if (blob.status !== 200) throw new Error(`getBlob: ${blob.status}`)
    const sent = await to.ok('com.atproto.repo.uploadBlob', {
      bytes: blob.bytes,
      encoding: blob.encoding,
      token,
    })
    if (sent.blob.ref.$link !== cid) throw new Error(`The blob ${cid} has become ${sent.blob.ref.$link}`)
  }
}

/** Whether the DID names the new server by now: nothing is left to be signed. */
async function isSettled(to: Pds, token: string): Promise<boolean> {
  return (await to.ok(server('checkAccountStatus'), { token })).validDid
}

async function askForCode({ from, to, mail, person: { email } }: Move, found: Found): Promise<void> {
  if (await isSettled(to, found.fresh)) return
  const before = codesOf(mail, email).length
  await from.ok(identity('requestPlcOperationSignature'), { isPost: true, token: found.old })
  const deadline = Date.now() + 15_000
  while (codesOf(mail, email).length === before) {
    if (Date.now() > deadline) throw new Error(`No code was mailed to ${email}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  found.code = codesOf(mail, email).at(-1) ?? ''
}

function codesOf(mail: SmtpSink, email: string): string[] {
  const texts = mail.mails
    .filter(({ recipients }) => recipients.includes(email))
    .map(({ text }) => text ?? '')
  return texts.flatMap((text) => /\b([A-Z2-7]{5}-[A-Z2-7]{5})\b/.exec(text)?.[1] ?? [])
}

async function signAndSubmit(move: Move, { old, fresh, code: token }: Found): Promise<void> {
  const { from, to } = move
  if (await isSettled(to, fresh)) return
  const credentials = await to.ok(identity('getRecommendedDidCredentials'), { token: fresh })
  const { operation } = await from.ok(identity('signPlcOperation'), {
    json: { token, ...credentials },
    token: old,
  })
  await to.ok(identity('submitPlcOperation'), { json: { operation }, token: fresh })
}

/** `goat account migrate`: once, in its own order, with the preferences (a server that has none yet says so). */
export const goat: readonly Step[] = [
  ...moover.slice(0, 5),
  [
    'carry the preferences',
    async ({ from, to }, { old, fresh: token }) => {
      const asked = { token: old }
      const { status, body: json } = await from.call('app.bsky.actor.getPreferences', asked)
      if (status === 200) await to.call('app.bsky.actor.putPreferences', { json, token })
    },
  ],
  ...moover.slice(5),
]
