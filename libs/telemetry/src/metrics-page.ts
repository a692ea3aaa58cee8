import { catalogue, type MetricDefinition } from './catalogue.ts'

/** docs/metrics.md, made of the catalogue. */
export function metricsPage(): string {
  const rows = Object.entries<MetricDefinition>(catalogue).map(
    ([name, { type, labels, help }]) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  )
  return `# Metrics

Each process shows its own at \`/metrics\` on its internal port (\`HERONRY_INTERNAL_PORT\`), in the text format of Prometheus. A
metric appears with its first value. Labels never hold a DID, a handle or an address. Beside them stand \`process_*\` and
\`nodejs_*\` as every Node process has them (event loop: \`nodejs_eventloop_lag_p99_seconds\`).

This page is generated from libs/telemetry/src/catalogue.ts: \`npm run metrics\`.

| Name | Type | Labels | Meaning |
|---|---|---|---|
${rows.join('\n')}
`
}
