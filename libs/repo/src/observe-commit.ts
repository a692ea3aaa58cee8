import { HeronryError } from '@heronry/core/error'
import type { Metrics } from '@heronry/telemetry/metrics'
import { inSpan } from '@heronry/telemetry/span'
import type { ApplyRequest, ApplyResult } from './apply-request.ts'

interface Commit {
  readonly metrics: Metrics | undefined
  readonly committed: Promise<ApplyResult>
}

/**
 * Times a write, in a span of the request that asked for it: several requests may be committed by one statement, and the work
 * on a repo's queue runs in nobody's trace in particular.
 */
export function observeCommit(
  { writes }: ApplyRequest,
  { metrics, committed }: Commit,
): Promise<ApplyResult> {
  const startedAt = performance.now()
  const end = (result: 'ok' | 'refused' | 'failed') =>
    metrics?.observe('pds_repo_commit_duration_seconds', { result }, (performance.now() - startedAt) / 1000)
  return inSpan('repo.commit', { attributes: { 'repo.writes': writes.length } }, async () => {
    try {
      const result = await committed
      end('ok')
      return result
    } catch (error) {
      const isRefusal = error instanceof HeronryError && error.code !== 'ServiceUnavailable'
      end(isRefusal ? 'refused' : 'failed')
      throw error
    }
  })
}
