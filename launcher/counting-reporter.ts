import { writeFileSync } from 'node:fs'
import type { SerializedError } from 'vitest'
import type { Reporter, TestModule } from 'vitest/node'

/** What a test run came to. */
export interface Counts {
  passed: number
  failed: number
  skipped: number
}

/**
 * Writes the counts of a run to the file named by HERONRY_TEST_COUNTS. A file that cannot be loaded, a hook that fails and an error
 * that nobody caught each count as one failure: no failing run says `0 failed`.
 */
// biome-ignore lint/style/noDefaultExport: vitest takes a reporter module's default export
export default class CountingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const counts: Counts = { passed: 0, failed: unhandled.length, skipped: 0 }
    for (const module of modules) count(module, counts)
    writeFileSync(process.env['HERONRY_TEST_COUNTS'] ?? '', JSON.stringify(counts))
  }
}

function count(module: TestModule, counts: Counts): void {
  const failedBefore = counts.failed
  for (const test of module.children.allTests()) {
    const { state } = test.result()
    if (state === 'passed') counts.passed++
    else if (state === 'failed') counts.failed++
    else counts.skipped++
  }
  if (!module.ok() && counts.failed === failedBefore) counts.failed++
}
