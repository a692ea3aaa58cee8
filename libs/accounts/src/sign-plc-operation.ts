import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { plcChanges } from '@heronry/identity/plc-changes'
import type { PlcDirectory } from '@heronry/identity/plc-directory'
import type { PlcOperation } from '@heronry/identity/plc-operation'
import { type PlcFields, readPlcFields, updateOperation } from '@heronry/identity/plc-update'
import type { Signer } from '@heronry/vault/vault'
import type { Actor } from './actor.ts'
import { emailPurposes, spendEmailToken } from './email-token.ts'
import { notifyActor } from './notify.ts'
import { tokenRefusals } from './token-refusals.ts'

export interface SignPlcOperationDeps {
  readonly db: Database
  readonly clock: Clock
  readonly plc: PlcDirectory
  /** Signs for the house at the PLC directory. */
  readonly rotation: Signer
}

export interface PlcSignature {
  readonly actor: Actor
  /** From the mail of requestPlcOperationSignature. */
  readonly token: string | undefined
  /** What is to be changed; unread. */
  readonly change: { readonly [field in keyof PlcFields]?: unknown }
}

/**
 * Signs, with the house's rotation key, an operation that changes the actor's did:plc as it asks, and leaves it to the actor to submit it,
 * here or elsewhere, and is told by mail what it changes.
 *
 * The token is spent once there is an operation to give away: who asks for nonsense, or while the directory is away, keeps it. kill -9
 * after that → the token is gone, and another can be asked for. Throws `InvalidToken`, `ExpiredToken`, `InvalidRequest` and `Upstream…`.
 */
export async function signPlcOperation(
  deps: SignPlcOperationDeps,
  { actor, token, change }: PlcSignature,
): Promise<PlcOperation> {
  const { db, clock, plc, rotation } = deps
  if (!token) throw invalid('email confirmation token required to sign PLC operations')
  const fields = readPlcFields(change)
  if (!actor.did.startsWith('did:plc:')) throw invalid('Only a did:plc has PLC operations')
  const last = await plc.lastOperation(actor.did)
  if (last === null) throw invalid(`The PLC directory does not know ${actor.did}`)
  const operation = await updateOperation(rotation, { last, change: fields })
  const slot = { actorId: actor.id, purpose: emailPurposes.plcOperation, now: new Date(clock.now()) }
  const verdict = await inTransaction(db, { name: 'spend PLC token' }, async (tx) => {
    const spent = await spendEmailToken(tx, { ...slot, token })
    if (spent === 'right') {
      const values = { changes: plcChanges(last, operation).join('\n') }
      await notifyActor(tx, { actorId: actor.id, template: 'plc-signed', values, at: slot.now })
    }
    return spent
  })
  if (verdict !== 'right') throw tokenRefusals[verdict]()
  return operation
}

function invalid(message: string): HeronryError {
  return new HeronryError('InvalidRequest', message)
}
