import type { Database } from '@heronry/db/database'
import type { HttpFetch } from '@heronry/identity/http-fetch'
import type { Logger } from '@heronry/telemetry/logger'
import { relaysAskedAtOnce } from '../limits.ts'
import { type CommunityRelay, communityRelays } from './community-relays.ts'
import { fetchHostStatus, type HostStatus } from './host-status.ts'
import { listRelays, type RelayRecord, saveCheck } from './relay-store.ts'

export interface CheckDeps {
  readonly db: Database
  readonly fetch: HttpFetch
  readonly logger: Logger
}

/** Asks every relay what it says of every community's host, keeps it, and warns of what has become worse. */
export async function askRelays(deps: CheckDeps, signal: AbortSignal): Promise<void> {
  const { db } = deps
  const [relays, records, seqs] = await Promise.all([
    communityRelays(db),
    listRelays(db),
    db.selectFrom('community_seq').select(['community_id', 'last_seq']).execute(),
  ])
  const known = new Map(records.map((record) => [`${record.communityId} ${record.relay}`, record]))
  const lastSeqs = new Map(seqs.map((row) => [row.community_id, Number(row.last_seq)]))
  for (let at = 0; at < relays.length && !signal.aborted; at += relaysAskedAtOnce) {
    const asked = relays.slice(at, at + relaysAskedAtOnce).map(async (relay) => {
      const before = known.get(`${relay.communityId} ${relay.relay}`)
      await askRelay(deps, { relay, before, lastSeq: lastSeqs.get(relay.communityId) ?? 0 }, signal)
    })
    await Promise.all(asked)
  }
}

interface Asked {
  readonly relay: CommunityRelay
  readonly before: RelayRecord | undefined
  /** Of the community, before the relay was asked. */
  readonly lastSeq: number
}

async function askRelay({ db, fetch, logger }: CheckDeps, asked: Asked, signal: AbortSignal): Promise<void> {
  const { relay, before, lastSeq } = asked
  const heard = await fetchHostStatus(fetch, relay, signal).then(
    (status) => ({ status, answer: verdict(status, { before, lastSeq }) }),
    (error: Error) => ({ status: undefined, answer: error.message }),
  )
  await saveCheck(db, relay, heard)
  const told = {
    relay: relay.relay,
    hostname: relay.hostname,
    answer: heard.answer,
    lastSeq,
    ...heard.status,
  }
  if (heard.answer === (before?.checkAnswer ?? 'ok')) return
  if (heard.answer === 'ok') logger.info(told, 'A relay follows again')
  else logger.warn(told, 'A relay does not follow')
}

/** `ok`, `unknown host`, a status that is not active, or `behind`: nothing more was taken since the last check, though there is more. */
function verdict(status: HostStatus | undefined, { before, lastSeq }: Omit<Asked, 'relay'>): string {
  if (status === undefined) return 'unknown host'
  if (status.status !== undefined && status.status !== 'active') return status.status
  const isBehind = status.seq !== undefined && status.seq < lastSeq && before?.hostSeq === status.seq
  return isBehind ? 'behind' : 'ok'
}
