import type { Clock } from '@heronry/core/clock'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { Handle } from '@heronry/core/handle'
import type { PlcDirectory } from '@heronry/identity/plc-directory'
import type { Logger } from '@heronry/telemetry/logger'
import { abandonDraft } from './abandon-draft.ts'
import { type Actor, findActor } from './actor.ts'
import { commitAccount } from './commit-account.ts'
import { alreadyHosted } from './draft-store.ts'
import { assertHandleAllowed, type HandleRulesDeps } from './handle-rules.ts'
import { moveIn } from './move-in.ts'
import type { Passwords } from './passwords.ts'
import { type Draft, type ReserveDeps, reserveAccount } from './reserve-account.ts'
import { newSessionId } from './session-store.ts'
import { readSignUp, type SignUp, type SignUpRequest } from './sign-up.ts'
import type { TokenIssuer, TokenPair } from './tokens.ts'

export interface SignUpDeps extends ReserveDeps, HandleRulesDeps {
  plc: PlcDirectory
  passwords: Passwords
  clock: Clock
  logger: Logger
  /** Whether a sign-up brings a code of the gate (PDS_HCAPTCHA_*). */
  readonly hasGate: boolean
}

export interface CreateAccountDeps extends SignUpDeps {
  tokens: TokenIssuer
}

type NamedActor = Actor & { readonly handle: Handle }

export interface CreatedAccount extends TokenPair {
  readonly actor: NamedActor
}

/** Makes an account, as `signUp` does, and its first session. */
export async function createAccount(
  deps: CreateAccountDeps,
  request: SignUpRequest,
): Promise<CreatedAccount> {
  const sessionId = newSessionId()
  const actor = await signUp(deps, request, { sessionId })
  const pair = await deps.tokens.issue({
    audience: request.community.serviceDid,
    did: actor.did,
    scope: 'com.atproto.access',
    sessionId,
    issuedAt: { now: deps.clock.now(), sessionsSince: actor.sessionsSince },
  })
  return { actor, ...pair }
}

/**
 * Makes an account, with a session of that id where one is given: for a DID that its owner has shown to be theirs (`moveIn`), or with a did:plc of its own, which
 * is reserve → PLC → commit. The account stands when the commit stands; everything before it is undone by whoever notices first, this
 * process or the janitor, and nobody undoes what stands.
 *
 * kill -9 before the reservation is committed → nothing happened.
 * kill -9 before the PLC directory has the operation → in 5 min the janitor takes the draft and frees the names, 10 min later it finds no
 * DID; it looks once more an hour later, for a request that was still on its way.
 * kill -9 after the directory has it, before our commit → the same, and the janitor tombstones the DID.
 * kill -9 after our commit → the account stands; who did not get the answer logs in.
 *
 * A sign-up that lives on but is slower than the janitor finds its draft gone and gives up: both take it by deleting the row.
 *
 * Throws the 400s of the reference, `AlreadyExists` for a DID that the community hosts, `AuthenticationRequired` for one that was not shown
 * to be theirs, `InvalidVerificationCode`; `Upstream…` where PLC does not answer, `ServiceUnavailable` where it came too late.
 */
export async function signUp(
  deps: SignUpDeps,
  request: SignUpRequest,
  { sessionId = null }: { sessionId?: string | null } = {},
): Promise<NamedActor> {
  const { community } = request
  if (request.did !== undefined) await refuseDuplicate(deps, request)
  const body = readSignUp(request, deps)
  const handle = await assertHandleAllowed(deps, {
    handle: request.handle,
    community,
    did: body.did ?? undefined,
  })
  const passwordHash = await deps.passwords.hash(body.password)
  const actor = await makeActor(deps, { signUp: { ...body, handle }, passwordHash, sessionId })
  return { ...actor, handle }
}

interface Making {
  signUp: SignUp
  passwordHash: string
  sessionId: string | null
}

async function makeActor(deps: SignUpDeps, making: Making): Promise<Actor> {
  const { signUp } = making
  const { did } = signUp
  if (did === null) return await makeStand(deps, making)
  await moveIn(deps, { ...making, did })
  return await found(deps, { signUp, did })
}

async function makeStand(deps: SignUpDeps, making: Making): Promise<Actor> {
  const { signUp } = making
  const draft = await reserveAccount(deps, signUp)
  const { did } = draft
  try {
    await deps.plc.submit(did, draft.operation)
    await commitAccount(deps, { ...making, draft })
  } catch (error) {
    if (await isUndone(deps, draft)) throw error
    // The draft is gone: the janitor took it, or our commit stands although its answer was lost.
    return await found(deps, { signUp, did }).catch(() => {
      throw error
    })
  }
  return await found(deps, { signUp, did })
}

async function found({ db }: SignUpDeps, { signUp, did }: { signUp: SignUp; did: Did }): Promise<Actor> {
  const actor = await findActor(db, { communityId: signUp.community.id, didOrHandle: did })
  if (actor === undefined) throw new HeronryError('ServiceUnavailable', 'The account has been removed')
  return actor
}

/** Where even that fails, the janitor will do it. */
async function isUndone(deps: SignUpDeps, draft: Draft): Promise<boolean> {
  try {
    return await abandonDraft(deps, draft.id)
  } catch (error) {
    deps.logger.warn({ did: draft.did, error }, 'A sign-up is left to the janitor')
    return true
  }
}

/** First of all: a mover who comes again is told so, whatever else has changed. */
async function refuseDuplicate({ db }: SignUpDeps, { community, did = '' }: SignUpRequest): Promise<void> {
  const actor = await findActor(db, { communityId: community.id, didOrHandle: did })
  if (actor !== undefined) throw alreadyHosted()
}
