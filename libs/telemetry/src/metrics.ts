import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { catalogue, type LabelsOf, type MetricDefinition, type MetricName, type NameOf } from './catalogue.ts'
import { gaugeReadMsMax, seriesMax } from './limits.ts'

/** A gauge's value now; a list where it has labels. */
export type Reading<N extends MetricName> = number | readonly { labels: LabelsOf<N>; value: number }[]

type Labels = Readonly<Record<string, string>>

type AnyReading = number | readonly { labels: Labels; value: number }[]

type ReadGauge = () => AnyReading | Promise<AnyReading>

/**
 * What one process measures, by the names of the catalogue. A metric appears with its first value.
 *
 * Invariant: no metric has more than `seriesMax` series, whatever is counted: those after them are summed as `other`.
 */
export class Metrics {
  readonly #registry = new Registry()
  readonly #counters = new Map<string, Counter>()
  readonly #histograms = new Map<string, Histogram>()
  readonly #gauges = new Map<string, ReadGauge[]>()
  readonly #series = new Map<string, Set<string>>()

  constructor({ service, version }: { service: string; version: string }) {
    this.gauge('pds_build_info', () => [{ labels: { service, version }, value: 1 }])
  }

  count<N extends NameOf<'counter'>>(name: N, labels: LabelsOf<N>, by = 1): void {
    let counter = this.#counters.get(name)
    if (counter === undefined) {
      counter = new Counter({ ...this.#describe(name), registers: [this.#registry] })
      this.#counters.set(name, counter)
    }
    counter.inc(this.#bounded(name, labels), by)
  }

  /** `seconds`, where the name says so. */
  observe<N extends NameOf<'histogram'>>(name: N, labels: LabelsOf<N>, value: number): void {
    let histogram = this.#histograms.get(name)
    if (histogram === undefined) {
      const buckets = [...catalogue[name].buckets]
      histogram = new Histogram({ ...this.#describe(name), buckets, registers: [this.#registry] })
      this.#histograms.set(name, histogram)
    }
    histogram.observe(this.#bounded(name, labels), value)
  }

  /**
   * `read` is asked at every scrape. A gauge read in several places is the sum; a reader that fails, or takes longer than
   * `gaugeReadMsMax`, is left out.
   */
  gauge<N extends NameOf<'gauge'>>(name: N, read: () => Reading<N> | Promise<Reading<N>>): void {
    const readers = this.#gauges.get(name)
    if (readers !== undefined) return void readers.push(read)
    const all: ReadGauge[] = [read]
    this.#gauges.set(name, all)
    new Gauge({
      ...this.#describe(name),
      registers: [this.#registry],
      async collect() {
        const readings = await Promise.all(all.map(readInTime))
        this.reset()
        // A gauge without labels begins at 0: unread, it has no value at all.
        if (readings.every((reading) => reading === undefined)) this.remove()
        for (const reading of readings) {
          if (typeof reading === 'number') this.inc(reading)
          else for (const { labels, value } of reading ?? []) this.inc(labels, value)
        }
      },
    })
  }

  /** The process itself: CPU, memory, event loop, garbage collection, under the names every Node dashboard knows. */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.#registry })
  }

  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE

  /** Everything, in the text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }

  #describe(name: MetricName) {
    const { help, labels } = catalogue[name] as MetricDefinition
    return { name, help, labelNames: [...labels] }
  }

  #bounded(name: MetricName, labels: Labels): Labels {
    const series = this.#series.get(name) ?? new Set()
    this.#series.set(name, series)
    const key = Object.values(labels).join('\n')
    if (series.has(key)) return labels
    if (series.size >= seriesMax) return Object.fromEntries(Object.keys(labels).map((it) => [it, 'other']))
    series.add(key)
    return labels
  }
}

async function readInTime(read: ReadGauge): Promise<AnyReading | undefined> {
  const late = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => late.resolve(undefined), gaugeReadMsMax)
  try {
    return await Promise.race([read(), late.promise])
  } catch {
    // A scrape is no place to fail: what could not be read is missing in it, and alerts are made of that.
    return undefined
  } finally {
    clearTimeout(timer)
  }
}
