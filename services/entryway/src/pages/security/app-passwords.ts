import { listAppPasswords } from '@heronry/accounts/app-password-store'
import { type CreatedAppPassword, createAppPassword } from '@heronry/accounts/create-app-password'
import { appPasswordNameLengthMax } from '@heronry/accounts/limits'
import { revokeAppPassword } from '@heronry/accounts/revoke-app-password'
import type { Database } from '@heronry/db/database'
import { confirmFirst, field, form, hidden, moment, textArea } from '../forms.ts'
import { type Html, html } from '../html.ts'
import type { Member } from '../member.ts'
import type { Section } from '../section.ts'

const path = 'app-passwords'

/** Passwords for apps that cannot send their user here: made, narrowed or not, shown once, and revoked. */
export const appPasswordsSection = ({ db }: { db: Database }): Section => ({
  path,
  title: 'App passwords',
  show: async (member) => html`<section>
<p>A password for one app that cannot send you here to sign in. It cannot change your password, your e-mail address or your identity, and it is asked
for no second factor. Revoke it, and the app is out.</p>
${list(member, await listAppPasswords(db, member.actor.id))}
</section>
${confirmFirst(member, { next: path, what: 'To add an app password' }) ?? addForm(member)}`,
  actions: {
    add: {
      done: 'The app password was added.',
      act: async ({ actor, base }, form) => {
        const scopes = form('permissions').split(/\s+/).filter(Boolean)
        const created = await createAppPassword(db, {
          actor,
          name: form('name').trim(),
          privileged: form('privileged') !== '',
          permissions: scopes.length === 0 ? undefined : scopes,
        })
        return shownOnce(created, base)
      },
    },
    revoke: {
      done: 'The app password was revoked: whatever used it is signed out.',
      isHarmless: true,
      act: async ({ actor }, form) => {
        await revokeAppPassword(db, { actorId: actor.id, name: form('name') })
        return undefined
      },
    },
  },
})

function list(member: Member, passwords: Awaited<ReturnType<typeof listAppPasswords>>): Html {
  if (passwords.length === 0) return html`<p class="faint">There is none.</p>`
  return html`<ul class="rows">
${passwords.map(
  ({ name, privileged, permissions, createdAt }) => html`<li>
<div><strong>${name}</strong> ${permissions !== null && html`<span class="badge">narrowed</span>`} ${
    privileged && html`<span class="badge">private messages</span>`
  }<br><small>Added ${moment(createdAt)}</small>${permissions !== null && html`<br><code>${permissions.join(' ')}</code>`}</div>
${form(member, { to: `${path}/revoke`, fields: hidden('name', name), button: 'Revoke', kind: 'bad', label: `Revoke ${name}` })}</li>
`,
)}</ul>`
}

function addForm(member: Member): Html {
  const fields = [
    field({
      name: 'name',
      label: 'Name',
      hint: 'Of the app, so that you know it again.',
      maxLength: appPasswordNameLengthMax,
    }),
    html`<label class="check"><input type="checkbox" name="privileged" value="yes"> <span>It may read and write private messages</span></label>
`,
    textArea({
      name: 'permissions',
      label: 'Only these permissions (optional)',
      hint: 'One a line, as OAuth scopes, such as repo:app.bsky.feed.post or blob:image/*. Empty: whatever an app password may do.',
    }),
  ]
  return html`<section>
<h2>Add an app password</h2>
${form(member, { to: `${path}/add`, fields, button: 'Add' })}</section>`
}

function shownOnce({ name, secret }: CreatedAppPassword, base: string): Html {
  return html`<section>
<h2>${name}</h2>
<p>This is its password. Copy it into the app now: it is shown this once.</p>
<p class="code">${secret}</p>
<p><a class="button" href="${base}/${path}">I have copied it</a></p>
</section>`
}
