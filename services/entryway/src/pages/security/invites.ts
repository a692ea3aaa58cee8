import { accountInviteCodes } from '@heronry/accounts/account-invite-codes'
import type { InviteView } from '@heronry/accounts/invite-view'
import type { Clock } from '@heronry/core/clock'
import { isHeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import { type Html, html } from '../html.ts'
import type { Member } from '../member.ts'
import type { Section } from '../section.ts'

/** The invite codes that an account has to give away, and who came by them. */
export const invitesSection = (deps: { db: Database; clock: Clock }): Section => ({
  path: 'invites',
  title: 'Invites',
  show: async (member) => {
    const codes = await ownCodes(deps, member)
    return html`<section>
<p>${
      member.community.settings.inviteRequired
        ? 'Who wants an account here needs an invite code. These are yours to give away.'
        : 'Nobody needs an invite code here at present.'
    }</p>
${codes.length === 0 ? html`<p class="faint">You have none.</p>` : list(codes)}
</section>`
  },
  actions: {},
})

/** Those that were earned are made on the way; of two pages that are loaded at once, one finds them made. */
async function ownCodes(
  deps: { db: Database; clock: Clock },
  { community, actor }: Member,
): Promise<InviteView[]> {
  const whose = { community, actor, includeUsed: true }
  try {
    return await accountInviteCodes(deps, { ...whose, createAvailable: true })
  } catch (error) {
    if (!isHeronryError(error, 'DuplicateCreate')) throw error
    return await accountInviteCodes(deps, { ...whose, createAvailable: false })
  }
}

function list(codes: readonly InviteView[]): Html {
  return html`<ul class="rows">
${codes.map(({ code, available, uses }) => {
  const left = Math.max(available - uses.length, 0)
  return html`<li><div><code>${code}</code> <span class="${left > 0 ? 'badge on' : 'badge'}">${left} of ${available} left</span>${uses.map(
    ({ usedBy }) => html`<br><small>Used by ${usedBy}</small>`,
  )}</div></li>
`
})}</ul>`
}
