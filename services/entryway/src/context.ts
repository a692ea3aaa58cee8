import type { Passwords } from '@heronry/accounts/passwords'
import type { TokenIssuer } from '@heronry/accounts/tokens'
import type { Auth } from '@heronry/auth/create-auth'
import type { CommunityDirectory } from '@heronry/communities/directory'
import { systemClock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import type { DidResolver } from '@heronry/identity/did-resolver'
import type { HandleResolver } from '@heronry/identity/handle-resolver'
import type { PlcDirectory } from '@heronry/identity/plc-directory'
import { businessEvents } from '@heronry/telemetry/business-events'
import type { Logger } from '@heronry/telemetry/logger'
import type { Metrics } from '@heronry/telemetry/metrics'
import type { Signer, Vault } from '@heronry/vault/vault'
import type { Captcha } from './gate/hcaptcha.ts'

export interface EntrywayParts {
  db: Database
  communities: CommunityDirectory
  auth: Auth
  logger: Logger
  metrics?: Metrics | undefined
  resolver: DidResolver
  signUp: SignUpParts
  sessions: { tokens: TokenIssuer; passwords: Passwords }
  settings: EntrywaySettings
}

interface SignUpParts {
  plc: PlcDirectory
  vault: Vault
  rotation: Signer
  recoveryDidKey: string | undefined
  handles: HandleResolver
  /** What keeps robots out of sign-ups; undefined: nothing. */
  captcha: Captcha | undefined
}

export interface EntrywaySettings {
  version: string
  /** Bytes; shown by describeServer. */
  blobUploadLimit: number
  /** PDS_ENABLE_DID_DOC_WITH_SESSION */
  didDocWithSession: boolean
}

export type EntrywayContext = ReturnType<typeof createEntrywayContext>

/** What the entryway's methods and routes take their arguments from. */
export function createEntrywayContext({ metrics, ...parts }: EntrywayParts) {
  return { ...parts, clock: systemClock, events: businessEvents({ logger: parts.logger, metrics }) }
}
