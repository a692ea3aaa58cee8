import type { CommunityDirectory } from '@heronry/communities/directory'
import type { Logger } from '@heronry/telemetry/logger'
import type { Metrics } from '@heronry/telemetry/metrics'
import type { XrpcLimits } from './limits.ts'
import type { RateLimiters } from './rate-limiter.ts'

/** What every request of one XRPC server shares. */
export interface XrpcServer {
  readonly communities: Pick<CommunityDirectory, 'forHost'>
  readonly limits: XrpcLimits
  readonly rateLimiters: RateLimiters
  readonly logger: Logger
  readonly metrics: Metrics | undefined
  readonly devMode: boolean
}
