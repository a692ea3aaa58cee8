import type { XrpcMethod } from '@heronry/xrpc/method'
import type { EntrywayContext } from './context.ts'
import { deleteAccount } from './xrpc/com/atproto/admin/deleteAccount.ts'
import { disableAccountInvites } from './xrpc/com/atproto/admin/disableAccountInvites.ts'
import { disableInviteCodes } from './xrpc/com/atproto/admin/disableInviteCodes.ts'
import { enableAccountInvites } from './xrpc/com/atproto/admin/enableAccountInvites.ts'
import { getAccountInfo } from './xrpc/com/atproto/admin/getAccountInfo.ts'
import { getAccountInfos } from './xrpc/com/atproto/admin/getAccountInfos.ts'
import { getInviteCodes } from './xrpc/com/atproto/admin/getInviteCodes.ts'
import { getSubjectStatus } from './xrpc/com/atproto/admin/getSubjectStatus.ts'
import { searchAccounts } from './xrpc/com/atproto/admin/searchAccounts.ts'
import { sendEmail } from './xrpc/com/atproto/admin/sendEmail.ts'
import { updateAccountEmail } from './xrpc/com/atproto/admin/updateAccountEmail.ts'
import { updateAccountHandle } from './xrpc/com/atproto/admin/updateAccountHandle.ts'
import { updateAccountPassword } from './xrpc/com/atproto/admin/updateAccountPassword.ts'
import { updateSubjectStatus } from './xrpc/com/atproto/admin/updateSubjectStatus.ts'
import { createInviteCode } from './xrpc/com/atproto/server/createInviteCode.ts'
import { createInviteCodes } from './xrpc/com/atproto/server/createInviteCodes.ts'
import { editBlobBlocks } from './xrpc/host/heronry/admin/editBlobBlocks.ts'
import { editHandleRules } from './xrpc/host/heronry/admin/editHandleRules.ts'
import { getAccount } from './xrpc/host/heronry/admin/getAccount.ts'
import { getBlobUsage } from './xrpc/host/heronry/admin/getBlobUsage.ts'
import { getStatus } from './xrpc/host/heronry/admin/getStatus.ts'
import { liftBlobHold } from './xrpc/host/heronry/admin/liftBlobHold.ts'
import { liftSuspension } from './xrpc/host/heronry/admin/liftSuspension.ts'
import { listAccounts } from './xrpc/host/heronry/admin/listAccounts.ts'
import { listAudit } from './xrpc/host/heronry/admin/listAudit.ts'
import { listBlobBlocks } from './xrpc/host/heronry/admin/listBlobBlocks.ts'
import { listBlobHolds } from './xrpc/host/heronry/admin/listBlobHolds.ts'
import { listHandleRules } from './xrpc/host/heronry/admin/listHandleRules.ts'
import { listMail } from './xrpc/host/heronry/admin/listMail.ts'
import { placeBlobHold } from './xrpc/host/heronry/admin/placeBlobHold.ts'
import { resetSecondFactors } from './xrpc/host/heronry/admin/resetSecondFactors.ts'
import { retryMail } from './xrpc/host/heronry/admin/retryMail.ts'
import { sendInvite } from './xrpc/host/heronry/admin/sendInvite.ts'
import { sendTestMail } from './xrpc/host/heronry/admin/sendTestMail.ts'
import { suspendAccount } from './xrpc/host/heronry/admin/suspendAccount.ts'
import { unsuppressMail } from './xrpc/host/heronry/admin/unsuppressMail.ts'
import { verifyAudit } from './xrpc/host/heronry/admin/verifyAudit.ts'

/** What a community's administrator may ask. All of it is audited, but for what shows no member's data: getStatus and the log itself. */
export function adminMethods(context: EntrywayContext): XrpcMethod[] {
  const { db, auth, clock, settings, signUp, sessions, communities, resolver, logger } = context
  const deps = { db, auth, clock }
  return [
    getAccountInfo(deps),
    getAccountInfos(deps),
    searchAccounts(deps),
    getSubjectStatus(deps),
    updateSubjectStatus(deps),
    updateAccountEmail(deps),
    updateAccountHandle({ ...deps, ...signUp, communities, resolver, logger }),
    updateAccountPassword({ ...deps, passwords: sessions.passwords }),
    deleteAccount({ ...deps, vault: signUp.vault }),
    createInviteCode(deps),
    createInviteCodes(deps),
    getInviteCodes(deps),
    disableInviteCodes(deps),
    disableAccountInvites(deps),
    enableAccountInvites(deps),
    sendEmail(deps),
    listAccounts(deps),
    getAccount(deps),
    suspendAccount(deps),
    liftSuspension(deps),
    resetSecondFactors(deps),
    listHandleRules(deps),
    editHandleRules(deps),
    listMail(deps),
    retryMail(deps),
    sendTestMail(deps),
    unsuppressMail(deps),
    sendInvite(deps),
    getBlobUsage(deps),
    placeBlobHold(deps),
    liftBlobHold(deps),
    listBlobHolds(deps),
    editBlobBlocks(deps),
    listBlobBlocks(deps),
    getStatus({ auth, db, version: settings.version }),
    listAudit({ auth, db }),
    verifyAudit({ auth, db }),
  ]
}
