import { HeronryError } from '@heronry/core/error'
import type { PlcDirectory } from '@heronry/identity/plc-directory'
import { plcData } from '@heronry/identity/plc-operation'
import type { Actor } from './actor.ts'
import type { CarryOutDeps } from './carry-out-change.ts'
import type { DidCredentialsDeps } from './did-credentials.ts'
import { rotationKeysMax } from './limits.ts'
import type { PasskeyOwner } from './register-passkey.ts'
import { signPlcOperation } from './sign-plc-operation.ts'
import { submitPlcOperation } from './submit-plc-operation.ts'

/** A key that may change an actor's identity, by its place: an earlier one may undo within 72 hours what a later one has done. */
export interface RotationKey {
  readonly didKey: string
  /** The house's own, the operator's in case that the house is lost, or the actor's. */
  readonly whose: 'house' | 'operator' | 'own'
}

type KeyOwners = Pick<DidCredentialsDeps, 'rotation' | 'recoveryDidKey'> & { readonly plc: PlcDirectory }

/** Undefined where the actor's DID is none of the PLC directory's, or has ended. Throws `Upstream…`. */
export async function listRotationKeys(
  { plc, rotation, recoveryDidKey }: KeyOwners,
  { did }: Actor,
): Promise<RotationKey[] | undefined> {
  if (!did.startsWith('did:plc:')) return undefined
  const data = plcData(await plc.lastOperation(did))
  return data?.rotationKeys.map((didKey) => ({
    didKey,
    whose: didKey === rotation.didKey ? 'house' : didKey === recoveryDidKey ? 'operator' : 'own',
  }))
}

export interface RecoveryKeyChange extends PasskeyOwner {
  readonly didKey: string
  /** From the mail of requestPlcOperationSignature. */
  readonly token: string
}

type RecoveryKeyDeps = CarryOutDeps & DidCredentialsDeps

/**
 * Puts a key of the actor's before all others. Throws `AlreadyExists`, `InvalidRequest` (no did:key, or one too many), and what signing and submitting an
 * operation throws; a kill -9 leaves what theirs leaves.
 */
export async function addRecoveryKey(
  deps: RecoveryKeyDeps,
  { didKey, ...change }: RecoveryKeyChange,
): Promise<void> {
  const keys = await keysOf(deps, change.actor)
  if (keys.includes(didKey)) throw new HeronryError('AlreadyExists', 'This key is there already')
  if (keys.length >= rotationKeysMax)
    throw invalid(`An identity has at most ${rotationKeysMax} keys: remove one first`)
  await store(deps, { ...change, rotationKeys: [didKey, ...keys] })
}

/** Takes a key of the actor's away; the house's and the operator's stay. Throws `NotFound`, and as `addRecoveryKey`. */
export async function removeRecoveryKey(
  deps: RecoveryKeyDeps,
  { didKey, ...change }: RecoveryKeyChange,
): Promise<void> {
  const keys = await keysOf(deps, change.actor)
  if (didKey === deps.rotation.didKey || didKey === deps.recoveryDidKey || !keys.includes(didKey)) {
    throw new HeronryError('NotFound', 'You have no such key')
  }
  await store(deps, { ...change, rotationKeys: keys.filter((it) => it !== didKey) })
}

async function keysOf(deps: KeyOwners, actor: Actor): Promise<string[]> {
  const keys = await listRotationKeys(deps, actor)
  if (keys === undefined) throw invalid('Only a did:plc has recovery keys')
  return keys.map(({ didKey }) => didKey)
}

async function store(
  deps: RecoveryKeyDeps,
  { community, actor, token, rotationKeys }: Omit<RecoveryKeyChange, 'didKey'> & { rotationKeys: string[] },
): Promise<void> {
  const operation = await signPlcOperation(deps, { actor, token, change: { rotationKeys } })
  await submitPlcOperation(deps, { community, actor, operation })
}

function invalid(message: string): HeronryError {
  return new HeronryError('InvalidRequest', message)
}
