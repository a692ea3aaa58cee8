import type { Did } from '@heronry/core/did'

/** What an upstream is to the house, in metrics and traces: a few words, whoever it is. */
export type UpstreamKind = 'appview' | 'moderation' | 'report' | 'chat' | 'push' | 'other'

/** A service that is asked in a member's name. */
export interface Upstream {
  readonly kind: UpstreamKind
  readonly did: Did
  /** Its id in its DID document, without `#`. */
  readonly serviceId: string
  readonly origin: string
  /** The operator named it, and where it is: it may stand inside. Anything else is where a stranger's document says. */
  readonly isConfigured: boolean
}

/** Whom a session's `rpc` permission names: `did#service`. */
export function permittedAudience({ did, serviceId }: Pick<Upstream, 'did' | 'serviceId'>): string {
  return `${did}#${serviceId}`
}
