import type { Did } from '@heronry/core/did'
import type { Seq } from '@heronry/core/ids'
import type { Logger } from '@heronry/telemetry/logger'
import { streamWitnessName } from './stream-witness.ts'
import type { TailJournal } from './tail-journal.ts'
import type { Testimony } from './witness.ts'

/** Who must be announced again: those that were spoken of in what was lost, or everybody where that is not known. */
export type LostTail =
  | { readonly kind: 'none' }
  | { readonly kind: 'dids'; readonly dids: readonly Did[] }
  | { readonly kind: 'everyone' }

/**
 * What was said after `lastSeq` and is lost. The stream is told of everything: where it has heard no more than the database knows
 * (a failover without loss, a planned move), nothing is. Of a relay that can only be said where the journal covers what it saw.
 */
export async function findLostTail(
  { journal, logger }: { journal: TailJournal | undefined; logger: Logger },
  { lastSeq, heard }: { lastSeq: Seq; heard: readonly Testimony[] },
): Promise<LostTail> {
  const upto = Math.max(lastSeq, ...heard.map(({ seq }) => seq)) as Seq
  if (upto === lastSeq) {
    const streamAgrees = heard.some(({ witness }) => witness === streamWitnessName)
    return { kind: streamAgrees ? 'none' : 'everyone' }
  }
  const dids = await journal?.read({ after: lastSeq, upto }).catch((error: unknown) => {
    logger.warn({ err: error }, 'The journal of the firehose could not be read')
    return undefined
  })
  return dids === undefined ? { kind: 'everyone' } : { kind: 'dids', dids }
}
