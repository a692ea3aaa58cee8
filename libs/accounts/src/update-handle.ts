import type { Community } from '@heronry/communities/community'
import { HeronryError } from '@heronry/core/error'
import type { Handle } from '@heronry/core/handle'
import { declaredHandles } from '@heronry/identity/declared-handles'
import type { PlcOperation } from '@heronry/identity/plc-operation'
import { handleOfOperation, namesWithHandle, updateOperation } from '@heronry/identity/plc-update'
import type { Signer } from '@heronry/vault/vault'
import type { Actor } from './actor.ts'
import { type CarryOutDeps, carryOutChange } from './carry-out-change.ts'
import { assertHandleAllowed, type HandleRulesDeps } from './handle-rules.ts'

export interface UpdateHandleDeps extends CarryOutDeps, HandleRulesDeps {
  /** Signs for the house at the PLC directory. */
  readonly rotation: Signer
}

export interface HandleUpdate {
  readonly community: Community
  readonly actor: Actor
  readonly handle: string
  /** Reserved and inappropriate handles may be given, too. */
  readonly asAdmin?: boolean | undefined
}

/**
 * Gives an actor another handle and tells the world, in the order of the reference (§5.6). The handle that it has already may be asked for
 * again: the world is told again, and a document that does not say so yet is put right.
 *
 * A did:plc is changed at the directory with the house's rotation key; a did:web must name the handle already.
 * `carryOutChange` says what a kill -9 leaves, and what it throws; this adds what `assertHandleAllowed` throws, and `InvalidRequest` for an
 * account that was taken down and for a document that does not name the handle.
 */
export async function updateHandle(deps: UpdateHandleDeps, update: HandleUpdate): Promise<Handle> {
  const { community, actor, asAdmin } = update
  const { did } = actor
  if (actor.status === 'takendown') throw invalid(`Account not found: ${did}`)
  const handle = await assertHandleAllowed(deps, { community, handle: update.handle, did, asAdmin })
  const isPlc = did.startsWith('did:plc:')
  await carryOutChange(deps, {
    actor,
    handle,
    plan: () => (isPlc ? plcOperation(deps, { actor, handle }) : assertNamed(deps, { actor, handle })),
  })
  return handle
}

interface NewName {
  actor: Actor
  handle: Handle
}

/** Undefined where the directory knows the DID by that handle. */
async function plcOperation(
  { plc, rotation }: UpdateHandleDeps,
  { actor: { did }, handle }: NewName,
): Promise<PlcOperation | undefined> {
  const last = await plc.lastOperation(did)
  if (last === null) throw invalid(`The PLC directory does not know ${did}`)
  if (handleOfOperation(last) === handle) return undefined
  return await updateOperation(rotation, { last, change: { alsoKnownAs: namesWithHandle(last, handle) } })
}

async function assertNamed(
  { resolver }: UpdateHandleDeps,
  { actor: { did }, handle }: NewName,
): Promise<undefined> {
  const document = await resolver.resolve(did, { force: true })
  if (document === null || !declaredHandles(document).includes(handle)) {
    throw invalid('DID is not properly configured for handle')
  }
}

function invalid(message: string): HeronryError {
  return new HeronryError('InvalidRequest', message)
}
