import type { Community } from '@heronry/communities/community'
import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { Handle } from '@heronry/core/handle'
import type { PlcDirectory } from '@heronry/identity/plc-directory'
import type { Logger } from '@heronry/telemetry/logger'
import { abandonDraft } from './abandon-draft.ts'
import { type Actor, findActor } from './actor.ts'
import { commitAccount, type ReservedSignUp } from './commit-account.ts'
import { assertHandleAllowed, type HandleRulesDeps } from './handle-rules.ts'
import type { Passwords } from './passwords.ts'
import { type Draft, type ReserveDeps, reserveAccount } from './reserve-account.ts'
import { newSessionId } from './session-store.ts'
import { readSignUp, type SignUpRequest } from './sign-up.ts'
import type { TokenIssuer, TokenPair } from './tokens.ts'

export interface CreateAccountDeps extends ReserveDeps, Omit<HandleRulesDeps, 'db'> {
  plc: PlcDirectory
  tokens: TokenIssuer
  passwords: Passwords
  clock: Clock
  logger: Logger
}

export interface CreatedAccount extends TokenPair {
  readonly actor: Actor & { readonly handle: Handle }
}

/**
 * Makes an account with a did:plc of its own, and its first session: reserve → PLC → commit. The account stands when the commit
 * stands; everything before it is undone by whoever notices first, this process or the janitor, and nobody undoes what stands.
 *
 * kill -9 before the reservation is committed → nothing happened.
 * kill -9 before the PLC directory has the operation → in 5 min the janitor takes the draft and frees the names, 10 min later it finds no
 * DID; it looks once more an hour later, for a request that was still on its way.
 * kill -9 after the directory has it, before our commit → the same, and the janitor tombstones the DID.
 * kill -9 after our commit → the account stands; who did not get the answer logs in.
 *
 * A sign-up that lives on but is slower than the janitor finds its draft gone and gives up: both take it by deleting the row.
 *
 * Throws the 400s of the reference; `Upstream…` where PLC does not answer, `ServiceUnavailable` where it came too late.
 */
export async function createAccount(
  deps: CreateAccountDeps,
  request: SignUpRequest,
): Promise<CreatedAccount> {
  if (request.did !== undefined) await refuseDuplicate(deps, request.community, request.did)
  const signUp = readSignUp(request, await deps.communities.all())
  await assertHandleAllowed(deps, signUp)
  const passwordHash = await deps.passwords.hash(signUp.password)
  const draft = await reserveAccount(deps, signUp)
  const sessionId = newSessionId()
  const actor = await makeStand(deps, { signUp, draft, passwordHash, sessionId })
  const pair = await deps.tokens.issue({
    audience: signUp.community.serviceDid,
    did: draft.did,
    scope: 'com.atproto.access',
    sessionId,
  })
  return { actor: { ...actor, handle: signUp.handle }, ...pair }
}

async function makeStand(deps: CreateAccountDeps, reserved: ReservedSignUp): Promise<Actor> {
  const { signUp, draft } = reserved
  const whose = { communityId: signUp.community.id, didOrHandle: draft.did }
  try {
    await deps.plc.submit(draft.did, draft.operation)
    await commitAccount(deps, reserved)
  } catch (error) {
    if (await isUndone(deps, draft)) throw error
    // The draft is gone: the janitor took it, or our commit stands although its answer was lost.
    const actor = await findActor(deps.db, whose)
    if (actor === undefined) throw error
    return actor
  }
  const actor = await findActor(deps.db, whose)
  if (actor === undefined) throw new HeronryError('ServiceUnavailable', 'The account has been removed')
  return actor
}

/** Where even that fails, the janitor will do it. */
async function isUndone(deps: CreateAccountDeps, draft: Draft): Promise<boolean> {
  try {
    return await abandonDraft(deps, draft.id)
  } catch (error) {
    deps.logger.warn({ did: draft.did, error }, 'A sign-up is left to the janitor')
    return true
  }
}

async function refuseDuplicate({ db }: CreateAccountDeps, { id }: Community, did: string): Promise<void> {
  const actor = await findActor(db, { communityId: id, didOrHandle: did })
  if (actor !== undefined) throw new HeronryError('AlreadyExists', 'Repo already exists')
}
