/** Who asks a method about an account. */
export const askers = [
  'anybody',
  /** Its owner, by the access token of a session from before the account's state changed. */
  'session',
  /** By one from after that; whoever is kept out has one to leave with. */
  'laterSession',
  'refreshToken',
  'laterRefreshToken',
  'admin',
] as const

export type Asker = (typeof askers)[number]

/** Status and error name; null where there is no such asker. */
export type Outcome = string | null

/** What is answered about an account that is active, deactivated, suspended, taken down, deleted. */
export type Outcomes = readonly [Outcome, Outcome, Outcome, Outcome, Outcome]

export interface Row extends Partial<Record<Asker, Outcomes>> {
  /** A good answer leaves the account other than it was: each is asked about an account of its own. */
  readonly spends?: true
}

const ok = '200'
const badScope = '400 InvalidToken'
const deactivated = '401 AccountDeactivated'
const takedown = '401 AccountTakedown'
const noAccount = '403 AccountNotFound'
const invalid = '400 InvalidRequest'
const noRepo = '400 RepoNotFound'
const noRecord = '400 RecordNotFound'

/** The account plays no part in it. */
const always: Outcomes = [ok, ok, ok, ok, ok]
const knownAccounts: Outcomes = [ok, ok, ok, ok, '400 NotFound']
/** Reads of a repo that the world may not see. */
const hiddenRepo: Outcomes = [ok, '400 RepoDeactivated', '400 RepoSuspended', '400 RepoTakendown', noRepo]
const ownRepo: Outcomes = [ok, ok, ok, ok, noRepo]
const leaver: Outcomes = [ok, ok, ok, ok, null]
const notForLeavers: Outcomes = [ok, ok, badScope, badScope, null]
const write: Row = {
  session: [ok, deactivated, takedown, takedown, noAccount],
  laterSession: [ok, deactivated, badScope, badScope, null],
}

/**
 * Every method, what it answers in every state of the account that it is asked about (reference-behaviour.md §0.3, §1, §4, §7, §8). A row's name is the
 * method's, with a word behind it where one is asked for several things.
 */
export const matrix = {
  'com.atproto.server.describeServer': { anybody: always },
  'com.atproto.server.createAccount its-handle': {
    anybody: [invalid, invalid, invalid, invalid, ok],
    spends: true,
  },
  'com.atproto.server.createAccount its-address': {
    anybody: [invalid, invalid, invalid, invalid, ok],
    spends: true,
  },
  'com.atproto.server.createSession': { anybody: [ok, ok, takedown, takedown, '401 AuthenticationRequired'] },
  'com.atproto.server.createSession to-leave': { anybody: [ok, ok, ok, ok, '401 AuthenticationRequired'] },
  'com.atproto.server.refreshSession': {
    refreshToken: [ok, ok, takedown, takedown, invalid],
    laterRefreshToken: [ok, ok, takedown, takedown, null],
  },
  'com.atproto.server.deleteSession': {
    refreshToken: always,
    laterRefreshToken: leaver,
    spends: true,
  },
  'com.atproto.server.getSession': {
    session: [ok, ok, ok, ok, invalid],
    laterSession: notForLeavers,
  },
  'com.atproto.server.requestEmailConfirmation': {
    session: [ok, ok, takedown, takedown, noAccount],
    laterSession: notForLeavers,
  },
  'com.atproto.server.confirmEmail': {
    session: [ok, ok, takedown, takedown, noAccount],
    laterSession: notForLeavers,
    spends: true,
  },
  'com.atproto.server.createInviteCode': { admin: always },
  'com.atproto.server.createInviteCodes': { admin: always },

  'com.atproto.identity.resolveHandle': {
    anybody: [ok, '400 HandleNotFound', '400 HandleNotFound', '400 HandleNotFound', '400 HandleNotFound'],
  },

  'com.atproto.admin.getAccountInfo': { admin: knownAccounts },
  'host.heronry.admin.getStatus': { admin: always },
  'host.heronry.admin.listAccounts': { admin: always },
  'host.heronry.admin.getAccount': { admin: knownAccounts },

  'com.atproto.repo.createRecord': write,
  'com.atproto.repo.putRecord': write,
  'com.atproto.repo.deleteRecord': { ...write, spends: true },
  'com.atproto.repo.applyWrites': write,
  'com.atproto.repo.uploadBlob': {
    session: [ok, ok, takedown, takedown, noAccount],
    laterSession: notForLeavers,
  },
  'com.atproto.repo.describeRepo': {
    anybody: hiddenRepo,
    session: ownRepo,
    laterSession: leaver,
    admin: ownRepo,
  },
  'com.atproto.repo.getRecord': {
    anybody: [ok, noRecord, noRecord, noRecord, noRecord],
    session: [ok, ok, ok, ok, noRecord],
    laterSession: leaver,
    admin: [ok, ok, ok, ok, noRecord],
  },
  'com.atproto.repo.listRecords': {
    anybody: [ok, invalid, invalid, invalid, invalid],
    session: [ok, ok, ok, ok, invalid],
    laterSession: leaver,
    admin: [ok, ok, ok, ok, invalid],
  },

  'com.atproto.sync.getBlob': { ...readable(hiddenRepo), laterSession: leaver },
  'com.atproto.sync.getRepo': { ...readable(hiddenRepo), laterSession: leaver },
  'com.atproto.sync.listBlobs': { ...readable(hiddenRepo), laterSession: leaver },
  'com.atproto.sync.getBlocks': readable(hiddenRepo),
  'com.atproto.sync.getLatestCommit': readable(hiddenRepo),
  'com.atproto.sync.getRecord': readable(hiddenRepo),
  'com.atproto.sync.getHead': readable(hiddenRepo),
  'com.atproto.sync.getCheckout': readable(hiddenRepo),
  'com.atproto.sync.getRepoStatus': { anybody: [ok, ok, ok, ok, noRepo] },
  'com.atproto.sync.listRepos': { anybody: always },
} satisfies Record<string, Row>

/** Its owner and the administrator see what the world does not. */
function readable(anybody: Outcomes): Row {
  return { anybody, session: ownRepo, laterSession: notForLeavers, admin: ownRepo }
}
