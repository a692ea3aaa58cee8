import type { AccountStore, Did } from '@atproto/oauth-provider/store'
import { activateAccount } from '@heronry/accounts/activate-account'
import { deactivateAccount } from '@heronry/accounts/deactivate-account'
import { type DeleteOwnDeps, deleteOwnAccount } from '@heronry/accounts/delete-own-account'
import type { DidFaultDeps } from '@heronry/accounts/did-fault'
import { confirmEmail } from '@heronry/accounts/email-confirmation'
import { emailPurposes } from '@heronry/accounts/email-token'
import { requestEmailUpdate, updateEmail } from '@heronry/accounts/email-update'
import { requestToken } from '@heronry/accounts/mail-token'
import { type UpdateHandleDeps, updateHandle } from '@heronry/accounts/update-handle'
import type { Community } from '@heronry/communities/community'
import { isHeronryError } from '@heronry/core/error'
import { accountOf, requireMember } from './account-of.ts'
import { networkOf } from './oauth-request.ts'

export type MemberActsDeps = DeleteOwnDeps & UpdateHandleDeps & DidFaultDeps

type MemberActs = Pick<
  AccountStore,
  | 'updateEmailRequest'
  | 'updateEmailConfirm'
  | 'verifyEmailRequest'
  | 'verifyEmailConfirm'
  | 'updateHandle'
  | 'deactivateAccount'
  | 'reactivateAccount'
  | 'deleteAccountRequest'
  | 'deleteAccountConfirm'
>

/** What a member does on the provider's account pages, who has signed in there. */
export function memberActs(deps: MemberActsDeps & { community: Community }): MemberActs {
  const { db, community } = deps
  const member = async (did: Did) => (await requireMember(db, { community, did })).actor
  const account = async (did: Did) => accountOf(await requireMember(db, { community, did }), community)
  return {
    updateEmailRequest: async ({ did }) => requestEmailUpdate(deps, { community, actor: await member(did) }),
    async updateEmailConfirm({ did, email, token }) {
      const actor = await member(did)
      if (!(await isRightToken(updateEmail(deps, { community, actor, email, token })))) return null
      return await account(did)
    },
    async verifyEmailRequest({ did }) {
      await requestToken(deps, { community, actor: await member(did), purpose: emailPurposes.confirmEmail })
    },
    async verifyEmailConfirm({ did, email, token }) {
      const actor = await member(did)
      if (!(await isRightToken(confirmEmail(deps, { actor, email, token })))) return null
      return await account(did)
    },
    async updateHandle({ did, handle }) {
      await updateHandle(deps, { community, actor: await member(did), handle })
      return await account(did)
    },
    async deactivateAccount({ did, deleteAfter }) {
      const { id: actorId } = await member(did)
      const at = deleteAfter === undefined ? null : new Date(deleteAfter)
      await deactivateAccount(deps, { actorId, deleteAfter: at })
      return await account(did)
    },
    async reactivateAccount({ did }) {
      await activateAccount(deps, { community, actor: await member(did) })
      return await account(did)
    },
    async deleteAccountRequest({ did }) {
      await requestToken(deps, { community, actor: await member(did), purpose: emailPurposes.deleteAccount })
    },
    async deleteAccountConfirm({ did, token, password }) {
      await deleteOwnAccount(deps, { community, did, password, token, network: networkOf() })
    },
  }
}

/** False for a token that is wrong or has run out: the provider says so in its own words. */
async function isRightToken(act: Promise<void>): Promise<boolean> {
  try {
    await act
    return true
  } catch (error) {
    if (isHeronryError(error, 'InvalidToken') || isHeronryError(error, 'ExpiredToken')) return false
    throw error
  }
}
