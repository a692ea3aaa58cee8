import type { CarryOutDeps } from '@heronry/accounts/carry-out-change'
import type { PasswordDeps } from '@heronry/accounts/change-with-password'
import type { DidCredentialsDeps } from '@heronry/accounts/did-credentials'
import type { CommunityDirectory } from '@heronry/communities/directory'
import type { BusinessEvents } from '@heronry/telemetry/business-events'
import type { SignedIn, SignIn } from './signed-in.ts'

/** What the pages of an account need: its operations, and who is signed in. */
export type PageDeps = PasswordDeps &
  CarryOutDeps &
  DidCredentialsDeps & {
    readonly communities: CommunityDirectory
    readonly events: BusinessEvents
    readonly signedIn: SignedIn
    readonly signIn: SignIn
  }
