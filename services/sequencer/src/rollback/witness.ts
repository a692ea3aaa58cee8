import type { Seq } from '@heronry/core/ids'
import type { Logger } from '@heronry/telemetry/logger'
import { witnessAnswerMs, witnessLeadMax } from '../limits.ts'

/** Something outside of Postgres that remembers how far numbering had come. */
export interface Witness {
  readonly name: string
  /** The greatest seq it knows to have been given; undefined: it knows of none. Rejects where it cannot be asked. */
  lastSeq(signal: AbortSignal): Promise<Seq | undefined>
}

export interface Testimony {
  readonly witness: string
  readonly seq: Seq
}

export interface Hearing {
  readonly heard: readonly Testimony[]
  /** Those that could not be asked: to be asked again. */
  readonly absent: readonly Witness[]
}

/**
 * Asks all of them at once, for `witnessAnswerMs`. Who does not answer is no witness, and is said so in the log.
 *
 * Who claims more than `witnessLeadMax` beyond `lastSeq` is not believed: numbers are finite, and a relay that lies could use them
 * up. Whoever knows better says so by `heronry sequencer advance`.
 */
export async function hearWitnesses(
  { logger }: { logger: Logger },
  { witnesses, lastSeq }: { witnesses: readonly Witness[]; lastSeq: Seq },
): Promise<Hearing> {
  const heard: Testimony[] = []
  const absent: Witness[] = []
  const asked = witnesses.map(async (witness) => {
    const { name } = witness
    try {
      const seq = await answered(witness)
      if (seq === undefined) return
      if (seq <= lastSeq + witnessLeadMax) heard.push({ witness: name, seq })
      else logger.error({ witness: name, seq, lastSeq }, 'A witness of numbering claims too much')
    } catch (error) {
      logger.warn({ witness: name, err: error }, 'A witness of numbering could not be asked')
      absent.push(witness)
    }
  })
  await Promise.all(asked)
  return { heard, absent }
}

/** A witness that does not obey its signal is left behind. */
async function answered(witness: Witness): Promise<Seq | undefined> {
  const signal = AbortSignal.timeout(witnessAnswerMs)
  const late = Promise.withResolvers<never>()
  const abort = () => late.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([witness.lastSeq(signal), late.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
