import { listLostAccounts } from '@heronry/accounts/lost-account'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import { lostAccountsShownMax, resumptionsShownMax } from '../limits.ts'
import { listRelays } from '../relays/relay-store.ts'
import { readNumberingStatus } from '../rollback/numbering-status.ts'
import { hearWitnesses, type Witness } from '../rollback/witness.ts'

export interface StatusDeps {
  readonly db: Database
  readonly logger: Logger
  readonly witnesses: readonly Witness[]
}

/** What an operator wants to know of the sequencer: numbering, its witnesses as they answer now, relays, and what was resumed. */
export async function sequencerStatus({ db, logger, witnesses }: StatusDeps) {
  const numbering = await readNumberingStatus(db)
  const { heard, absent } = await hearWitnesses(
    { logger },
    { witnesses, lastSeq: numbering.lastSeq as never },
  )
  const resumptions = await db
    .selectFrom('seq_resumption')
    .select(['at', 'doubts', 'found_seq', 'witnessed_seq', 'resumed_seq', 'stragglers', 'reannounced'])
    .orderBy('id', 'desc')
    .limit(resumptionsShownMax)
    .execute()
  return {
    ...numbering,
    witnesses: [
      ...heard.map(({ witness: name, seq }) => ({ name, seq })),
      ...absent.map(({ name }) => ({ name, seq: null })),
    ],
    relays: await listRelays(db),
    resumptions: resumptions.map((it) => ({
      at: it.at,
      doubts: it.doubts,
      foundSeq: Number(it.found_seq),
      witnessedSeq: it.witnessed_seq === null ? null : Number(it.witnessed_seq),
      resumedSeq: Number(it.resumed_seq),
      stragglers: Number(it.stragglers),
      reannounced: it.reannounced,
    })),
    lostAccounts: await listLostAccounts(db, { limit: lostAccountsShownMax }),
  }
}
