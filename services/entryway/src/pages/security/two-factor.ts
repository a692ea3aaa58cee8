import type { PasswordDeps } from '@heronry/accounts/change-with-password'
import { confirmTotp } from '@heronry/accounts/confirm-totp'
import { findLogin, type Login } from '@heronry/accounts/find-login'
import {
  beginTotp,
  disableTotp,
  findSecondFactors,
  newRecoveryCodes,
  type OwnSecondFactors,
  setEmailFactor,
} from '@heronry/accounts/own-second-factors'
import { isHeronryError } from '@heronry/core/error'
import type { Vault } from '@heronry/vault/vault'
import { confirmFirst, field, form } from '../forms.ts'
import { type Html, html } from '../html.ts'
import type { Member } from '../member.ts'
import { qrCode } from '../qr-code.ts'
import type { ConfirmedMember, Section } from '../section.ts'

const path = 'two-factor'

type TwoFactorDeps = PasswordDeps & { readonly vault: Vault }

/** What a sign-in with the password is asked for besides: codes by mail, codes of an app, and what stands in for either. */
export const twoFactorSection = (deps: TwoFactorDeps): Section => ({
  path,
  title: 'Two-factor sign-in',
  show: async (member) => {
    const factors = await findSecondFactors(deps.db, member.actor.id)
    const login = await findLogin(deps.db, member.actor.id)
    return html`<section>
<p>Behind your password, a sign-in asks for a code as well: who only knows the password does not get in. A passkey needs no code, for it is two factors by itself.</p>
<ul class="rows">
<li><div><strong>Authenticator app</strong> ${badge(factors.totp)}</div></li>
<li><div><strong>Codes by e-mail</strong> ${badge(factors.email)}</div></li>
<li><div><strong>Recovery codes</strong> <span class="badge">${factors.recoveryCodesLeft} left</span></div></li>
</ul>
</section>
${confirmFirst(member, { next: path, what: 'To change any of this' }) ?? changes(member, { factors, login })}`
  },
  actions: {
    'begin-app': {
      done: '',
      act: async (member) => {
        const { actor, confirmation, community } = member
        const begun = await beginTotp(deps, { actor, confirmation, issuer: community.settings.name })
        return setUp(member, begun)
      },
    },
    'confirm-app': {
      done: 'The authenticator app was added.',
      act: (member, form) => confirmApp(deps, member, form('code')),
    },
    'remove-app': {
      done: 'The authenticator app was removed.',
      act: async ({ actor, confirmation }) => {
        await disableTotp(deps, { actor, confirmation })
        return undefined
      },
    },
    'email-on': {
      done: 'Sign-ins ask for a code by e-mail from now on.',
      act: async ({ actor, confirmation }) => {
        await setEmailFactor(deps, { actor, confirmation, enabled: true })
        return undefined
      },
    },
    'email-off': {
      done: 'Sign-ins ask for no code by e-mail any more.',
      act: async ({ actor, confirmation }) => {
        await setEmailFactor(deps, { actor, confirmation, enabled: false })
        return undefined
      },
    },
    'new-codes': {
      done: '',
      act: async ({ actor, confirmation, base }) =>
        recoveryCodes(await newRecoveryCodes(deps, { actor, confirmation }), base),
    },
  },
})

function badge(isOn: boolean): Html {
  return isOn ? html`<span class="badge on">on</span>` : html`<span class="badge">off</span>`
}

function changes(
  member: Member,
  { factors, login }: { factors: OwnSecondFactors; login: Login | undefined },
): Html {
  return html`<section>
<h2>Authenticator app</h2>
<p>An app on your phone shows another code every 30 seconds, without a network.</p>
${
  factors.totp
    ? form(member, { to: `${path}/remove-app`, button: 'Remove the app', kind: 'bad' })
    : form(member, { to: `${path}/begin-app`, button: 'Add an authenticator app' })
}</section>
<section>
<h2>Codes by e-mail</h2>
${emailForm(member, { factors, login })}</section>
${
  (factors.totp || factors.email) &&
  html`<section>
<h2>Recovery codes</h2>
<p>Each stands in for a code, once, when you have lost your phone or your mailbox. New ones make those before void.</p>
${form(member, { to: `${path}/new-codes`, button: 'Make new recovery codes', kind: 'plain' })}</section>`
}`
}

function emailForm(
  member: Member,
  { factors, login }: { factors: OwnSecondFactors; login: Login | undefined },
): Html {
  if (factors.email)
    return form(member, { to: `${path}/email-off`, button: 'Switch codes by e-mail off', kind: 'bad' })
  if (login?.emailConfirmed) {
    return html`<p>A code goes to <strong>${login.email}</strong> at each sign-in.</p>
${form(member, { to: `${path}/email-on`, button: 'Switch codes by e-mail on', kind: 'plain' })}`
  }
  return html`<p>Your e-mail address must be confirmed first: <a href="/account">confirm it in your account</a>.</p>`
}

function setUp(member: Member, { secret, uri }: { secret: string; uri: string }): Html {
  return html`<section>
<h2>1. Add the account to your app</h2>
<p>Scan this with an authenticator app, or type the key into it.</p>
${qrCode(uri, { label: 'QR code for the authenticator app; the key below says the same' })}
<p class="code">${secret.match(/.{1,4}/g)?.join(' ')}</p>
</section>
${codeForm(member, '2. Type the code that it shows')}`
}

function codeForm(member: Member, heading: string): Html {
  const fields = field({
    name: 'code',
    label: 'Code',
    autocomplete: 'one-time-code',
    inputmode: 'numeric',
    maxLength: 12,
  })
  return html`<section>
<h2>${heading}</h2>
${form(member, { to: `${path}/confirm-app`, fields, button: 'Switch it on' })}</section>`
}

/** After a wrong code the key stands, for the app has it; it is not shown again. */
async function confirmApp(deps: TwoFactorDeps, member: ConfirmedMember, code: string): Promise<Html> {
  const { actor, network, base } = member
  try {
    return recoveryCodes(await confirmTotp(deps, { actor, code, network }), base)
  } catch (error) {
    if (!isHeronryError(error, 'InvalidToken')) throw error
    return html`<p class="told bad" role="alert">The code was wrong. The clock of your phone must be right.</p>
${codeForm(member, 'Type the code that the app shows now')}
<section><p>Or <a href="${base}/${path}">start again</a>.</p></section>`
  }
}

function recoveryCodes(codes: readonly string[], base: string): Html {
  return html`<section>
<h2>Your recovery codes</h2>
<p>Print them, or keep them where you keep your passwords: each stands in for a code, once, when you have lost your phone. They are shown this once.</p>
<ol class="codes">${codes.map(
    (code) => html`<li>${code}</li>
`,
  )}</ol>
<p><a class="button" href="${base}/${path}">I have kept them</a></p>
</section>`
}
