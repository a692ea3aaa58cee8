import { type Html, html } from './html.ts'
import type { Member } from './member.ts'

interface FormOptions {
  /** Of the section and of the action. */
  readonly to: string
  readonly fields?: Html | readonly Html[] | undefined
  readonly button: string
  readonly kind?: 'plain' | 'bad'
  readonly isLine?: boolean
  /** Where many buttons of a page are called alike: what this one is about. */
  readonly label?: string
}

/** A form of the member's pages. */
export function form(
  { base, token }: Member,
  { to, fields, button, kind, isLine, label }: FormOptions,
): Html {
  return html`<form method="post" action="${base}/${to}"${isLine && html` class="line"`}>
<input type="hidden" name="token" value="${token}">
${fields}
<button${kind && html` class="${kind}"`}${label && html` aria-label="${label}"`}>${button}</button>
</form>
`
}

interface FieldOptions {
  readonly name: string
  readonly label: string
  readonly hint?: string
  readonly type?: 'text' | 'password'
  readonly value?: string
  readonly autocomplete?: string
  readonly inputmode?: string
  readonly maxLength?: number
}

export function field(options: FieldOptions): Html {
  const { name, label, hint, type = 'text', value, autocomplete = 'off', inputmode, maxLength } = options
  return html`<label class="field"><span>${label}</span>
<input type="${type}" name="${name}" required autocomplete="${autocomplete}"${value !== undefined && html` value="${value}"`}${
    inputmode && html` inputmode="${inputmode}"`
  }${maxLength && html` maxlength="${maxLength}"`} autocapitalize="none" spellcheck="false">
${hint && html`<small>${hint}</small>`}</label>
`
}

export function textArea({ name, label, hint }: { name: string; label: string; hint: string }): Html {
  return html`<label class="field"><span>${label}</span>
<textarea name="${name}" autocomplete="off" autocapitalize="none" spellcheck="false"></textarea>
<small>${hint}</small></label>
`
}

export function hidden(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}">`
}

/** In the place of forms that ask for the owner, where nobody has shown lately that he is. */
export function confirmFirst(
  { base, confirmation }: Member,
  { next, what }: { next: string; what: string },
): Html | undefined {
  if (confirmation !== undefined) return undefined
  return html`<section>
<p>${what}: please show once more that it is you.</p>
<p><a class="button" href="${base}/confirm?next=${next}">Confirm that it is you</a></p>
</section>
`
}

/** In words, at Greenwich: the same for every reader. */
export function moment(date: Date): Html {
  const iso = date.toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`
}
