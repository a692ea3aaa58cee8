import { type Html, html } from './html.ts'

interface AuthenticatorForm {
  /** To make a passkey, or to show one. */
  readonly kind: 'create' | 'get'
  /** Where the script asks for what the authenticator is asked for, and where it brings the answer. */
  readonly options: string
  readonly verify: string
  readonly token: string
  readonly fields?: Html
  readonly button: string
}

/** A form that assets/passkey.js brings to life: until then its button is of no use, and says so. */
export function authenticatorForm({ kind, options, verify, token, fields, button }: AuthenticatorForm): Html {
  return html`<form method="post" data-passkey="${kind}" data-options="${options}" data-verify="${verify}">
<input type="hidden" name="token" value="${token}">
${fields}
<button disabled>${button}</button>
<noscript><p class="told bad">Passkeys need JavaScript: your browser has it switched off for this page.</p></noscript>
</form>`
}
