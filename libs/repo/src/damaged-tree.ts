import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import { rebuildNodes } from './rebuild-nodes.ts'

/** The stored nodes of a tree are not those its root links to. */
export class DamagedTreeError extends Error {
  override readonly name = 'DamagedTreeError'
}

/** Builds the nodes again from the records where `error` says that they are damaged. True: reading again will do. */
export async function repairedTree(
  { db, logger }: { db: Database; logger: Logger },
  { actorId, error }: { actorId: ActorId; error: unknown },
): Promise<boolean> {
  if (!(error instanceof DamagedTreeError)) return false
  logger.error(
    { actorId, err: error },
    'tree nodes are not those of the head: rebuilding them from the records',
  )
  await rebuildNodes(db, actorId)
  return true
}
