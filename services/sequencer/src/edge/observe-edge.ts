import type { Metrics } from '@heronry/telemetry/metrics'
import type { Edge } from './edge.ts'

/** What an edge has to show, read at every scrape. */
export function observeEdge(metrics: Metrics, edge: Edge): void {
  metrics.gauge('pds_firehose_subscribers', () => edge.subscriberCount)
  metrics.gauge('pds_firehose_seq', () =>
    edge.head === undefined ? [] : [{ labels: { role: 'edge' }, value: edge.head }],
  )
  metrics.gauge('pds_firehose_waiting_bytes', () => edge.waitingBytes)
  metrics.gauge('pds_firehose_ring_bytes', () => edge.ringBytes)
  metrics.gauge('pds_firehose_replay_bytes', () => edge.replayBytes)
  metrics.gauge('pds_firehose_subscriber_lag_seqs', () => quantilesOf(edge.lags()))
}

const quantiles = [0.5, 0.9, 0.99, 1]

/** By nearest rank. However many subscribers there are, they are four series. */
function quantilesOf(sorted: readonly number[]): { labels: { quantile: string }; value: number }[] {
  return quantiles.map((quantile) => ({
    labels: { quantile: String(quantile) },
    value: sorted[Math.ceil(quantile * sorted.length) - 1] ?? 0,
  }))
}
