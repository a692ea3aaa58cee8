import type { Actor } from '@heronry/accounts/actor'

/** `active`, and `status` where it is not. */
export function statusBody({ status }: Actor) {
  return status === 'active' ? { active: true } : { active: false, status }
}
