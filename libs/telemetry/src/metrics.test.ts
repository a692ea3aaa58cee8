import { expect, test } from 'vitest'
import { seriesMax } from './limits.ts'
import { Metrics } from './metrics.ts'

const build = { service: 'api', version: '1.2.3' }

test('shows what was counted, observed and read, in the text format of Prometheus', async () => {
  const metrics = new Metrics(build)
  metrics.count('pds_mail_failures_total', { class: 'permanent' })
  metrics.count('pds_mail_failures_total', { class: 'permanent' })
  metrics.observe('pds_mail_delivery_seconds', {}, 0.07)
  metrics.gauge('pds_firehose_subscribers', () => 3)
  metrics.gauge('pds_jobs_pending', async () => [{ labels: { queue: 'mail' }, value: 7 }])
  const text = await metrics.text()
  expect(text).toContain('# TYPE pds_mail_failures_total counter\n')
  const lines = text.split('\n')
  expect(lines).toContain('pds_build_info{service="api",version="1.2.3"} 1')
  expect(lines).toContain('pds_mail_failures_total{class="permanent"} 2')
  expect(lines).toContain('pds_mail_delivery_seconds_bucket{le="0.05"} 0')
  expect(lines).toContain('pds_mail_delivery_seconds_bucket{le="0.1"} 1')
  expect(lines).toContain('pds_firehose_subscribers 3')
  expect(lines).toContain('pds_jobs_pending{queue="mail"} 7')
})

test('a gauge read in two places is the sum, and the same at the next scrape', async () => {
  const metrics = new Metrics(build)
  metrics.gauge('pds_firehose_subscribers', () => 3)
  metrics.gauge('pds_firehose_subscribers', () => 4)
  for (let scrape = 0; scrape < 2; scrape++) {
    expect((await metrics.text()).split('\n')).toContain('pds_firehose_subscribers 7')
  }
})

test('a reader that fails or never answers is left out, and keeps nobody waiting', async () => {
  const metrics = new Metrics(build)
  metrics.gauge('pds_firehose_subscribers', () => Promise.reject(new Error('gone')))
  metrics.gauge('pds_db_pool_in_use', () => new Promise<number>(() => {}))
  metrics.gauge('pds_db_pool_waiting', () => 0)
  const lines = (await metrics.text()).split('\n')
  expect(lines.filter((line) => line.startsWith('pds_firehose_subscribers'))).toEqual([])
  expect(lines.filter((line) => line.startsWith('pds_db_pool_in_use'))).toEqual([])
  expect(lines).toContain('pds_db_pool_waiting 0')
})

test('a metric has no more than seriesMax series; what comes after them is counted as other', async () => {
  const metrics = new Metrics(build)
  const count = (source: string) => metrics.count('pds_sessions_created_total', { source })
  for (let series = 0; series < seriesMax; series++) count(`s${series}`)
  const seriesOf = async () =>
    (await metrics.text()).split('\n').filter((line) => line.startsWith('pds_sessions_created_total{'))
  expect(await seriesOf()).toHaveLength(seriesMax)
  expect((await seriesOf()).join()).not.toContain('other')
  count('one too many')
  count('two too many')
  count('s0')
  const series = await seriesOf()
  expect(series).toContain('pds_sessions_created_total{source="other"} 2')
  expect(series).toContain('pds_sessions_created_total{source="s0"} 2')
  expect(series).toHaveLength(seriesMax + 1)
})
