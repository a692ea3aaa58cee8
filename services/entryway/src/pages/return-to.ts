import type { Community } from '@heronry/communities/community'
import { returnToLengthMax } from '../limits.ts'

/**
 * Where a sign-in leads: back to the app's request that it interrupted, or to a page of the account. Whatever else is asked for leads to the account: no
 * address of a stranger, and nothing of the house that is no page.
 */
export function returnTo({ publicUrl }: Community, asked: string | undefined): string {
  const account = '/account'
  if (asked === undefined || asked.length > returnToLengthMax || !URL.canParse(asked, publicUrl))
    return account
  const { origin, pathname, search } = new URL(asked, publicUrl)
  const isOwn = origin === publicUrl
  const isRequest = pathname === '/oauth/authorize'
  // The page itself would lead in a circle.
  const isAccount =
    /^\/account(\/|$)/.test(pathname) && !/^\/account\/(passkey|sign-in|sign-up)(\/|$)/.test(pathname)
  return isOwn && (isRequest || isAccount) ? `${pathname}${search}` : account
}
