import type { CarryOutDeps } from '@heronry/accounts/carry-out-change'
import type { DidCredentialsDeps } from '@heronry/accounts/did-credentials'
import { emailPurposes } from '@heronry/accounts/email-token'
import { rotationKeysMax } from '@heronry/accounts/limits'
import { requestToken } from '@heronry/accounts/mail-token'
import {
  addRecoveryKey,
  listRotationKeys,
  type RotationKey,
  removeRecoveryKey,
} from '@heronry/accounts/own-recovery-keys'
import { confirmFirst, field, form } from '../forms.ts'
import { type Html, html } from '../html.ts'
import type { Member } from '../member.ts'
import type { Action, Section } from '../section.ts'

const path = 'recovery-keys'

const whose: Record<RotationKey['whose'], string> = {
  house: 'of this server',
  operator: 'of those who run this server, in case that it is lost',
  own: 'yours',
}

/** The keys that may change an account's identity: those of the server, and one that its owner keeps where no server can lose it. */
export const recoveryKeysSection = (deps: CarryOutDeps & DidCredentialsDeps): Section => ({
  path,
  title: 'Recovery keys',
  show: async (member) => {
    const keys = await listRotationKeys(deps, member.actor)
    if (keys === undefined) {
      return html`<section><p>Your identity, <code>${member.actor.did}</code>, is none of the PLC directory: it has no recovery keys. Whoever has its domain has it.</p></section>`
    }
    return html`${explanation(keys)}
${confirmFirst(member, { next: path, what: 'To change the keys' }) ?? changes(member, keys)}`
  },
  actions: {
    mail: {
      done: 'A code is on its way to your e-mail address. It is good for an hour.',
      isMail: true,
      act: async ({ community, actor }) => {
        await requestToken(deps, { community, actor, purpose: emailPurposes.plcOperation })
        return undefined
      },
    },
    add: changeAction(deps, { change: addRecoveryKey, done: 'Your key was added, before all others.' }),
    remove: changeAction(deps, { change: removeRecoveryKey, done: 'Your key was removed.' }),
  },
})

function changeAction(
  deps: CarryOutDeps & DidCredentialsDeps,
  { change, done }: { change: typeof addRecoveryKey; done: string },
): Action {
  return {
    done,
    act: async ({ community, actor }, form) => {
      await change(deps, { community, actor, didKey: form('key').trim(), token: form('code') })
      return undefined
    },
  }
}

function explanation(keys: readonly RotationKey[]): Html {
  return html`<section>
<p>Your identity is not this server’s: it stands in a public directory, and these keys may change it, for instance to move it to another server. An earlier key
may undo, within 72 hours, what a later one has done. With a key of your own you can take your identity back even if this server is gone, or turns against you.</p>
<ol class="rows">
${keys.map(
  (key) => html`<li><div><code>${key.didKey}</code><br><small>${whose[key.whose]}</small></div></li>
`,
)}</ol>
</section>`
}

function changes(member: Member, keys: readonly RotationKey[]): Html {
  const code = field({ name: 'code', label: 'Code', hint: 'From the mail.', autocomplete: 'one-time-code' })
  const key = field({
    name: 'key',
    label: 'Public key',
    hint: 'did:key:z…, of K-256 or P-256. Make the pair with a tool of your own (“goat key generate” is one) and keep the private key offline: it is never typed here.',
  })
  return html`<section>
<h2>1. Have a code sent to you</h2>
<p>A change of your identity takes a code by e-mail, each time.</p>
${form(member, { to: `${path}/mail`, button: 'Send me a code', kind: 'plain' })}</section>
${keys.length < rotationKeysMax && addSection(member, [key, code])}
${keys.some((it) => it.whose === 'own') && removeSection(member, [key, code])}`
}

function addSection(member: Member, fields: readonly Html[]): Html {
  return html`<section>
<h2>2. Add a key of your own</h2>
${form(member, { to: `${path}/add`, fields, button: 'Add the key' })}</section>`
}

function removeSection(member: Member, fields: readonly Html[]): Html {
  return html`<section>
<h2>Or remove a key of yours</h2>
${form(member, { to: `${path}/remove`, fields, button: 'Remove the key', kind: 'bad' })}</section>`
}
