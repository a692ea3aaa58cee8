import { Metrics } from '@heronry/telemetry/metrics'
import { expect, test, vi } from 'vitest'
import { unstampedAgeMs } from '../src/leader/unstamped-age.ts'
import { edgeHouse, heron } from './edge-house.ts'

const promptly = { timeout: 10_000, interval: 10 }

/** The series whose names begin so, as they stand in a scrape. */
async function scraped(metrics: Metrics, prefix: string): Promise<Record<string, number>> {
  const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith(prefix))
  return Object.fromEntries(
    lines.map((line) => line.split(' ')).map(([name, value]) => [name, Number(value)]),
  )
}

test('an edge shows its subscribers, how far they are behind, what waits for them and what they were sent', async () => {
  const metrics = new Metrics({ service: 'sequencer', version: '0' })
  await using house = await edgeHouse({ metrics, limits: { socketBytesMax: 50_000, sweepIntervalMs: 20 } })
  const consumers = [await house.subscribe(heron), await house.subscribe(heron), await house.subscribe(heron)]
  consumers[2]?.socket.pause()
  let head = 0
  do {
    await house.append(heron, 200, { bytes: 9_000 })
    head += 200
    await consumers[0]?.hears(head)
  } while (house.context.edge.lags().at(-1) === 0)
  await consumers[1]?.hears(head)
  const shown = await scraped(metrics, 'pds_firehose')
  expect(shown).toMatchObject({
    pds_firehose_subscribers: 3,
    'pds_firehose_seq{role="edge"}': head,
    'pds_firehose_seq{role="leader"}': head,
    'pds_firehose_subscriber_lag_seqs{quantile="0.5"}': 0,
    pds_firehose_ring_bytes: house.context.edge.ringBytes,
    pds_firehose_replay_bytes: 0,
  })
  expect(shown['pds_firehose_subscriber_lag_seqs{quantile="1"}']).toBeGreaterThan(0)
  expect(shown['pds_firehose_waiting_bytes']).toBeGreaterThanOrEqual(50_000)
  expect(shown['pds_firehose_stamp_to_edge_seconds_count']).toBeGreaterThan(0)
  await vi.waitFor(async () => {
    const { pds_firehose_sent_bytes_total: sent = 0 } = await scraped(metrics, 'pds_firehose_sent')
    expect(sent).toBeGreaterThan(2 * head * 9_000)
  }, promptly)
})

test('whoever may lead shows how long the oldest event has waited for its number, and nothing when none waits', async () => {
  const metrics = new Metrics({ service: 'sequencer', version: '0' })
  await using house = await edgeHouse({ role: 'edge' })
  await house.append(heron, 2)
  await house.db
    .updateTable('event')
    .set({ created_at: new Date(Date.now() - 30_000) })
    .where('id', '=', 1n)
    .execute()
  expect(await unstampedAgeMs(house.db)).toBeGreaterThanOrEqual(30_000)
  await using _leader = await house.another({ role: 'leader', metrics })
  await house.numbered(2)
  expect(await scraped(metrics, 'pds_firehose_unstamped')).toEqual({ pds_firehose_unstamped_age_seconds: 0 })
})
