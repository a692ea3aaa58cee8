import type { Community } from '@heronry/communities/community'
import { HeronryError } from '@heronry/core/error'
import type { PlcOperation } from '@heronry/identity/plc-operation'
import { type PlcFields, readPlcOperation } from '@heronry/identity/plc-update'
import type { Actor } from './actor.ts'
import { type CarryOutDeps, carryOutChange } from './carry-out-change.ts'
import { type DidCredentialsDeps, didCredentials } from './did-credentials.ts'

/**
 * Submits an operation that somebody has signed for the actor's DID, if the DID can be served here after it, and tells the world that its
 * identity has changed. `carryOutChange` says what a kill -9 leaves. Throws `InvalidRequest` with what is wrong, or with what the
 * directory says is, and `Upstream…`.
 */
export async function submitPlcOperation(
  deps: CarryOutDeps & DidCredentialsDeps,
  { community, actor, operation: given }: { community: Community; actor: Actor; operation: unknown },
): Promise<void> {
  const operation = readPlcOperation(given)
  if (!actor.did.startsWith('did:plc:')) throw invalid('Only a did:plc has PLC operations')
  const expected = await didCredentials(deps, { community, actor })
  assertServable(operation, { expected, rotationKey: deps.rotation.didKey })
  await carryOutChange(deps, { actor, handle: null, plan: async () => operation })
}

/** In the order of the reference (§9.3). */
function assertServable(
  { rotationKeys, services, verificationMethods, alsoKnownAs }: PlcOperation,
  { expected, rotationKey }: { expected: PlcFields; rotationKey: string },
): void {
  if (!rotationKeys.includes(rotationKey)) throw invalid("Rotation keys do not include server's rotation key")
  const service = services['atproto_pds']
  const expectedService = expected.services['atproto_pds']
  if (service?.type !== expectedService?.type) throw invalid('Incorrect type on atproto_pds service')
  if (service?.endpoint !== expectedService?.endpoint) {
    throw invalid('Incorrect endpoint on atproto_pds service')
  }
  if (verificationMethods['atproto'] !== expected.verificationMethods['atproto']) {
    throw invalid('Incorrect signing key')
  }
  const [handleName] = expected.alsoKnownAs
  if (handleName !== undefined && alsoKnownAs[0] !== handleName)
    throw invalid('Incorrect handle in alsoKnownAs')
}

function invalid(message: string): HeronryError {
  return new HeronryError('InvalidRequest', message)
}
