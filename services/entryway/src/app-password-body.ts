import { toDatetimeString } from '@atproto/syntax'
import type { AppPassword } from '@heronry/accounts/app-password-store'

/** host.heronry.account.listAppPasswords#appPassword */
export function appPasswordBody({ name, privileged, permissions, createdAt }: AppPassword) {
  return {
    name,
    privileged,
    ...(permissions !== null && { permissions: [...permissions] }),
    createdAt: toDatetimeString(createdAt),
  }
}
