import { toDatetimeString } from '@atproto/syntax'
import type { AccountSummary } from '@heronry/accounts/account-summary'
import { invalidHandle } from '@heronry/core/handle'

/** host.heronry.admin.defs#accountView */
export function accountBody({ did, handle, status, email, emailConfirmedAt, createdAt }: AccountSummary) {
  return {
    did,
    handle: handle ?? invalidHandle,
    status,
    ...(email !== null && { email }),
    ...(emailConfirmedAt !== null && { emailConfirmedAt: toDatetimeString(emailConfirmedAt) }),
    createdAt: toDatetimeString(createdAt),
  }
}
