import { isHeronryError } from '@heronry/core/error'
import type { Handle } from '@heronry/core/handle'
import { inTransaction } from '@heronry/db/in-transaction'
import type { DidResolver } from '@heronry/identity/did-resolver'
import type { PlcDirectory } from '@heronry/identity/plc-directory'
import type { PlcOperation } from '@heronry/identity/plc-operation'
import type { Logger } from '@heronry/telemetry/logger'
import type { Actor } from './actor.ts'
import { type ChangeDeps, commitChange, leaveChange, reserveChange, takeChange } from './identity-change.ts'
import { directoryTriesMax } from './limits.ts'

export interface CarryOutDeps extends ChangeDeps {
  readonly plc: PlcDirectory
  readonly resolver: DidResolver
  readonly logger: Logger
}

export interface PlannedChange {
  readonly actor: Actor
  readonly handle: Handle | null
  /** What the PLC directory is to be told next; undefined where the DID's document says it already. */
  plan(): Promise<PlcOperation | undefined>
}

/**
 * Changes an actor's identity: reserve → PLC → commit. The directory comes first: a handle is given here only once the DID says it.
 *
 * kill -9 before the reservation is committed → nothing happened.
 * kill -9 before the directory has the operation → after a minute the janitor sees that it has not; the actor may try again at
 * once, for others the handle stays reserved for an hour more, should the request still be on its way.
 * kill -9 after the directory has it, before our commit → after a minute the janitor commits the change, or the actor's next try does.
 * kill -9 after our commit → it is done; who did not get the answer asks again, and only an #identity more is sent.
 *
 * Throws what `reserveChange` and `plan` throw, the directory's own refusal, and `Upstream…` where it does not answer: then the
 * janitor finds out what became of it.
 */
export async function carryOutChange(deps: CarryOutDeps, planned: PlannedChange): Promise<void> {
  const { db, resolver, logger } = deps
  const { actor, handle } = planned
  const change = await reserveChange(deps, { actor, handle })
  const { failure, isUnknown } = await tellDirectory(deps, planned)
  if (failure !== undefined) {
    await inTransaction(db, { name: 'give up identity change' }, async (tx) => {
      await (isUnknown ? leaveChange(tx, change) : takeChange(tx, change))
    })
    throw failure
  }
  await inTransaction(db, { name: 'change identity' }, (tx) => commitChange(tx, deps, change))
  await resolver.resolve(actor.did, { force: true }).catch((error: unknown) => {
    logger.warn({ did: actor.did, error }, 'The cached document of a DID is older than its change')
  })
}

interface Telling {
  failure?: unknown
  /** Whether an operation may have landed all the same. */
  isUnknown: boolean
}

/**
 * An operation that is refused is planned anew where the DID has gone on meanwhile: an earlier try, given up long ago, may have landed in
 * between, and what comes now has the last word.
 */
async function tellDirectory({ plc }: CarryOutDeps, { actor, plan }: PlannedChange): Promise<Telling> {
  let refused: { operation: PlcOperation; failure: unknown } | undefined
  let isUnknown = false
  try {
    for (let tries = 0; tries < directoryTriesMax; tries++) {
      const operation = await plan()
      if (operation === undefined) return { isUnknown: false }
      if (operation.prev === refused?.operation.prev) break
      isUnknown = true
      const failure = await plc.submit(actor.did, operation).then(() => undefined, refusal)
      if (failure === undefined) return { isUnknown: false }
      isUnknown = false
      refused = { operation, failure }
    }
    return { failure: refused?.failure, isUnknown: false }
  } catch (failure) {
    return { failure, isUnknown }
  }
}

/** A refusal is an answer; anything else leaves it unknown whether the operation has landed. */
function refusal(error: unknown): unknown {
  if (isHeronryError(error, 'InvalidRequest')) return error
  throw error
}
