import { type Digest, digestsEqual, sha256 } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import type { Logger } from '@heronry/telemetry/logger'

/**
 * A record that is sent as a block is the one its CID names. Throws, and says so in the log, where somebody has changed its bytes: no
 * rebuild of nodes mends that; `repo verify` lists what is damaged, `repo rebuild` makes the tree of what is there.
 */
export function assertRecord(
  logger: Logger,
  { actorId, path, cid, value }: { actorId: ActorId; path: string; cid: Digest; value: Uint8Array },
): void {
  if (digestsEqual(sha256(value), cid)) return
  logger.error({ actorId, path }, 'a stored record is not what its CID names')
  throw new Error(`The record ${path} of actor ${actorId} is not what its CID names`)
}
