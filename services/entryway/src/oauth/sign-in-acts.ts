import {
  HandleUnavailableError,
  SecondAuthenticationFactorRequiredError,
} from '@atproto/oauth-provider/errors'
import type { AccountStore } from '@atproto/oauth-provider/store'
import { findActor } from '@heronry/accounts/actor'
import { type SignUpDeps, signUp } from '@heronry/accounts/create-account'
import { findLogin, findLoginByIdentifier, type Login } from '@heronry/accounts/find-login'
import { assertHandleAllowed } from '@heronry/accounts/handle-rules'
import { requestPasswordReset } from '@heronry/accounts/request-password-reset'
import { resetPassword } from '@heronry/accounts/reset-password'
import { signIn } from '@heronry/accounts/sign-in'
import type { Community } from '@heronry/communities/community'
import { isHeronryError } from '@heronry/core/error'
import { maskEmail } from '@heronry/operators/mask-email'
import type { Vault } from '@heronry/vault/vault'
import { accountOf, requireMember } from './account-of.ts'
import { networkOf, oauthRequest } from './oauth-request.ts'

export interface SignInActsDeps extends Omit<SignUpDeps, 'hasGate'> {
  vault: Vault
}

type SignInActs = Pick<
  AccountStore,
  | 'createAccount'
  | 'authenticateAccount'
  | 'verifyHandleAvailability'
  | 'resetPasswordRequest'
  | 'resetPasswordConfirm'
>

/** What somebody may do on the provider's pages who has not signed in. */
export function signInActs(deps: SignInActsDeps & { community: Community }): SignInActs {
  const { db, community } = deps
  return {
    async createAccount({ email, password, handle, inviteCode }) {
      // The provider has asked its captcha; there is no gate besides.
      const request = { community, email, password, handle, inviteCode, device: deviceHere() }
      const { did } = await signUp({ ...deps, hasGate: false }, request).catch((error: unknown) => {
        // By XRPC it is an invalid request, as of the reference; here the page looks for the field that it is about.
        const isTaken =
          isHeronryError(error, 'InvalidRequest') && error.message.startsWith('Handle already taken')
        throw isTaken ? new HandleUnavailableError('taken', error.message, error) : error
      })
      return accountOf(await requireMember(db, { community, did }), community)
    },
    async authenticateAccount({ username: identifier, password, emailOtp: code }) {
      const attempt = { community, identifier, password, code, ...deviceHere() }
      const login = await signIn(deps, attempt).catch(async (error: unknown) => {
        if (!isHeronryError(error, 'AuthFactorTokenRequired')) throw error
        const found = await findLoginByIdentifier(db, { communityId: community.id, identifier })
        if (found === undefined) throw error
        throw new SecondAuthenticationFactorRequiredError('emailOtp', factorHint(found.login), error)
      })
      return accountOf(login, community)
    },
    async verifyHandleAvailability(text) {
      const handle = await assertHandleAllowed(deps, { community, handle: text })
      const taken = await findActor(db, { communityId: community.id, didOrHandle: handle })
      if (taken !== undefined) throw new HandleUnavailableError('taken')
    },
    async resetPasswordRequest({ email }) {
      await requestPasswordReset(deps, { communityId: community.id, email })
      return null
    },
    async resetPasswordConfirm({ token, password }) {
      const reset = { communityId: community.id, token, password, network: networkOf() }
      const actorId = await resetPassword(deps, reset)
      const login = await findLogin(db, actorId)
      return login === undefined ? null : accountOf(login, community)
    },
  }
}

/** The pages put it into one sentence: "Check your … email for a login code". */
function factorHint({ factors, email }: Login): string {
  return factors.email ? maskEmail(email) : 'authenticator app, not your'
}

function deviceHere() {
  return { network: networkOf(), userAgent: oauthRequest()?.request.headers['user-agent'] }
}
