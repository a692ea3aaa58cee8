import type { Seq } from '@heronry/core/ids'
import { sleep } from '@heronry/core/sleep'
import type { Logger } from '@heronry/telemetry/logger'
import { witnessRetryMs } from '../limits.ts'
import { hearWitnesses, type Witness } from './witness.ts'

export interface AbsentOptions {
  readonly logger: Logger
  readonly retryMs?: number | undefined
  /** The last seq given, at the moment of the call. */
  readonly lastSeq: () => Seq
  readonly signal: AbortSignal
}

/**
 * Hears the witnesses that could not be asked when the term began, each once, as soon as it can be. Resolves with true when one
 * of them has seen more than was ever given here: a witness speaks of the past, so what it says lies below the last seq of the
 * moment at which its answer arrives. False when all were heard, or the signal aborts.
 */
export async function absentWitnessDoubts(
  { logger, retryMs = witnessRetryMs, lastSeq, signal }: AbsentOptions,
  witnesses: readonly Witness[],
): Promise<boolean> {
  let absent = witnesses
  while (absent.length > 0) {
    await sleep(retryMs, signal)
    if (signal.aborted) return false
    const hearing = await hearWitnesses({ logger }, { witnesses: absent, lastSeq: lastSeq() })
    if (hearing.heard.some(({ seq }) => seq > lastSeq())) return true
    absent = hearing.absent
  }
  return false
}
