import type { Database } from '@heronry/db/database'
import type { Metrics } from '@heronry/telemetry/metrics'
import { listRelays, type RelayRecord } from './relay-store.ts'

/** What the relays last said, by relay: communities may be thousands. */
export function observeRelays(metrics: Metrics, db: Database): void {
  metrics.gauge('pds_relay_hosts', async () => {
    const records = await listRelays(db)
    const groups = Map.groupBy(records, ({ relay, checkAnswer }) => `${relay} ${verdictOf(checkAnswer)}`)
    return Array.from(groups.values(), (group) => ({
      labels: { relay: hostOf(group[0]), verdict: verdictOf(group[0]?.checkAnswer ?? null) },
      value: group.length,
    }))
  })
  metrics.gauge('pds_relay_account_count', () =>
    perRelay(db, (group) => sum(group, (it) => it.hostAccountCount ?? 0)),
  )
  metrics.gauge('pds_relay_seq_behind', async () => {
    const rows = await db.selectFrom('community_seq').select(['community_id', 'last_seq']).execute()
    const lastSeqs = new Map(rows.map((row) => [row.community_id, Number(row.last_seq)]))
    const behind = ({ communityId, hostSeq }: RelayRecord) =>
      hostSeq === null ? 0 : Math.max(0, (lastSeqs.get(communityId) ?? 0) - hostSeq)
    return perRelay(db, (group) => Math.max(...group.map(behind)))
  })
}

async function perRelay(db: Database, value: (group: readonly RelayRecord[]) => number) {
  const groups = Map.groupBy(await listRelays(db), ({ relay }) => relay)
  return Array.from(groups.values(), (group) => ({
    labels: { relay: hostOf(group[0]) },
    value: value(group),
  }))
}

const verdicts = ['ok', 'behind', 'idle', 'offline', 'throttled', 'banned', 'unknown host']

/** Few values: what a relay says freely is `failing`. */
function verdictOf(answer: string | null): string {
  if (answer === null) return 'unchecked'
  return verdicts.includes(answer) ? answer : 'failing'
}

function hostOf(record: RelayRecord | undefined): string {
  return record === undefined ? '' : new URL(record.relay).host
}

function sum(group: readonly RelayRecord[], value: (record: RelayRecord) => number): number {
  return group.reduce((total, record) => total + value(record), 0)
}
