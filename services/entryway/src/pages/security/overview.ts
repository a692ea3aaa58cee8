import { listAppPasswords } from '@heronry/accounts/app-password-store'
import { findSecondFactors } from '@heronry/accounts/own-second-factors'
import { listPasskeys } from '@heronry/accounts/passkey-store'
import type { Database } from '@heronry/db/database'
import { html } from '../html.ts'
import type { Section } from '../section.ts'

/** What there is, and how it stands. */
export const overviewSection = ({ db }: { db: Database }): Section => ({
  path: '',
  title: 'Security',
  show: async ({ actor, base }) => {
    const [passkeys, factors, appPasswords] = await Promise.all([
      listPasskeys(db, actor.id),
      findSecondFactors(db, actor.id),
      listAppPasswords(db, actor.id),
    ])
    const codes = [factors.totp && 'authenticator app', factors.email && 'codes by e-mail'].filter(Boolean)
    const tiles = [
      ['passkeys', 'Passkeys', `${passkeys.length} to sign in with, without a password`],
      ['two-factor', 'Two-factor sign-in', codes.length === 0 ? 'Off' : `On: ${codes.join(', ')}`],
      ['app-passwords', 'App passwords', `${appPasswords.length} in use`],
      ['recovery-keys', 'Recovery keys', 'Take your identity back, whatever happens'],
      ['invites', 'Invites', 'Codes to give away'],
      ['export', 'Export', 'Take what is yours with you'],
    ] as const
    return html`<ul class="tiles">
${tiles.map(
  ([
    path,
    title,
    state,
  ]) => html`<li><a href="${base}/${path}"><strong>${title}</strong><span class="faint">${state}</span></a></li>
`,
)}</ul>
<p>Password, e-mail address, handle, devices and connected apps are in <a href="/account">your account</a>.</p>`
  },
  actions: {},
})
