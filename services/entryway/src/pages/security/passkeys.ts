import { passkeyNameLengthMax, passkeysMax } from '@heronry/accounts/limits'
import { removePasskey, renamePasskey } from '@heronry/accounts/own-passkeys'
import { listPasskeys, type StoredPasskey } from '@heronry/accounts/passkey-store'
import type { PasskeyDeps } from '@heronry/accounts/register-passkey'
import { authenticatorForm } from '../authenticator-form.ts'
import { confirmFirst, field, form, hidden, moment } from '../forms.ts'
import { type Html, html } from '../html.ts'
import type { Member } from '../member.ts'
import type { Section } from '../section.ts'

const path = 'passkeys'

/** Passkeys: added, named, removed. */
export const passkeysSection = (deps: PasskeyDeps): Section => ({
  path,
  title: 'Passkeys',
  script: true,
  told: { added: 'The passkey was added.' },
  show: async (member) => html`<section>
<p>With a passkey you sign in by your fingerprint, your face or the PIN of your device, without a password; nobody can ask you for it on another site.</p>
${list(member, await listPasskeys(deps.db, member.actor.id))}
</section>
${confirmFirst(member, { next: path, what: 'To add or remove a passkey' }) ?? addForm(member)}`,
  actions: {
    rename: {
      done: 'The passkey has another name.',
      isHarmless: true,
      act: async ({ community, actor }, form) => {
        await renamePasskey(deps, { community, actor, passkeyId: form('id'), name: form('name') })
        return undefined
      },
    },
    remove: {
      done: 'The passkey was removed. Remove it from your device, too: there it is still offered.',
      act: async ({ community, actor, confirmation }, form) => {
        await removePasskey(deps, { community, actor, confirmation, passkeyId: form('id') })
        return undefined
      },
    },
  },
})

function list(member: Member, passkeys: readonly StoredPasskey[]): Html {
  if (passkeys.length === 0) return html`<p class="faint">There is none.</p>`
  return html`<ul class="rows">
${passkeys.map(
  ({ id, name, createdAt, usedAt }) => html`<li>
<div><strong>${name}</strong><br><small>Added ${moment(createdAt)}${usedAt !== null && html`, last used ${moment(usedAt)}`}</small></div>
<details><summary>Change ${name}</summary>
${form(member, {
  to: `${path}/rename`,
  fields: [
    hidden('id', id),
    field({ name: 'name', label: 'New name', value: name, maxLength: passkeyNameLengthMax }),
  ],
  button: 'Rename',
  kind: 'plain',
  isLine: true,
})}${
  member.confirmation !== undefined &&
  form(member, {
    to: `${path}/remove`,
    fields: hidden('id', id),
    button: 'Remove',
    kind: 'bad',
    label: `Remove ${name}`,
  })
}</details></li>
`,
)}</ul>`
}

function addForm(member: Member): Html {
  return html`<section>
<h2>Add a passkey</h2>
${authenticatorForm({
  kind: 'create',
  options: `${member.base}/passkeys/options`,
  verify: `${member.base}/passkeys/register`,
  token: member.token,
  fields: field({
    name: 'name',
    label: 'Name',
    hint: 'Of the device, so that you know it again.',
    maxLength: passkeyNameLengthMax,
  }),
  button: 'Add a passkey',
})}
<p class="faint">An account has ${passkeysMax} at most.</p></section>`
}
