import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { type Actor, type ActorRow, actorColumns, actorOf } from './actor.ts'
import { emailLengthMax } from './limits.ts'

/** An actor and how it logs in. */
export interface Login {
  readonly actor: Actor
  readonly email: string
  readonly emailConfirmed: boolean
  readonly factors: SecondFactors
}

/** What a login with the account's own password is asked for besides: a code of one of them. */
export interface SecondFactors {
  /** By mail, to an address that was confirmed. */
  readonly email: boolean
  /** By an authenticator app. */
  readonly totp: boolean
}

/** A login with its password's hash: not to be passed on. */
export interface StoredLogin {
  readonly login: Login
  readonly passwordHash: string
}

export async function findLogin(db: Database, actorId: ActorId): Promise<Login | undefined> {
  const row = await logins(db).where('actor.id', '=', actorId).executeTakeFirst()
  return row && storedLogin(row).login
}

/** By e-mail, handle or DID, in any case and whatever the actor's state. */
export async function findLoginByIdentifier(
  db: Database,
  { communityId, identifier }: { communityId: CommunityId; identifier: string },
): Promise<StoredLogin | undefined> {
  // The port of a did:web is written %3A, and its case counts.
  const name = identifier.startsWith('did:') ? identifier : identifier.toLowerCase()
  if (name.length > identifierLengthMax || name.includes('\0')) return undefined
  const query = logins(db).where('actor.community_id', '=', communityId)
  const row = await (name.includes('@')
    ? query.where((eb) => eb(eb.fn('lower', ['account.email']), '=', name))
    : query.where(name.startsWith('did:') ? 'actor.did' : 'actor.handle', '=', name)
  ).executeTakeFirst()
  return row && storedLogin(row)
}

/** As it is now, and stays until the transaction ends: a takedown or a new password waits for it, or has been before. */
export async function lockLogin(tx: Transaction, actorId: ActorId): Promise<StoredLogin | undefined> {
  const row = await logins(tx).where('actor.id', '=', actorId).forShare().executeTakeFirst()
  return row && storedLogin(row)
}

/** As `lockLogin`, for who is going to change what it reads: whoever logs in waits, and so does who else would change it. */
export async function lockLoginToChange(tx: Transaction, actorId: ActorId): Promise<StoredLogin | undefined> {
  const row = await logins(tx).where('actor.id', '=', actorId).forNoKeyUpdate().executeTakeFirst()
  return row && storedLogin(row)
}

/** A DID has at most 2048 characters, a handle 253. */
const identifierLengthMax = Math.max(2048, emailLengthMax)

const loginColumns = [
  'account.email',
  'account.email_confirmed_at',
  'account.password',
  'account.email_factor',
  'account.totp_confirmed_at',
] as const

interface LoginRow extends ActorRow {
  email: string
  email_confirmed_at: Date | null
  password: string
  email_factor: boolean
  totp_confirmed_at: Date | null
}

function logins(db: Database) {
  return db
    .selectFrom('actor')
    .innerJoin('account', 'account.actor_id', 'actor.id')
    .select([...actorColumns, ...loginColumns])
}

function storedLogin(row: LoginRow): StoredLogin {
  const emailConfirmed = row.email_confirmed_at !== null
  const factors = { email: row.email_factor && emailConfirmed, totp: row.totp_confirmed_at !== null }
  return {
    login: { actor: actorOf(row), email: row.email, emailConfirmed, factors },
    passwordHash: row.password,
  }
}
