import { HeronryError } from '@heronry/core/error'
import { disposableEmailBlocklistSet } from 'disposable-email-domains-js'
import { emailLengthMax, emailLocalLengthMax } from './limits.ts'

const atom = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const pattern = new RegExp(`^(${atom}(?:\\.${atom})*)@(?:${label}\\.)+(?!\\d+$)${label}$`, 'i')

/**
 * Whether the text is an address that mail can be sent to on the internet: a dot-atom, `@`, and a domain with at least one dot
 * (RFC 5321 without quoted local parts and address literals, which sign-ups use only to make trouble).
 */
export function isEmailAddress(text: string): boolean {
  if (text.length > emailLengthMax) return false
  const [, local] = pattern.exec(text) ?? []
  return local !== undefined && local.length <= emailLocalLengthMax
}

/** Throws `InvalidRequest` for what is no address; an administrator may choose what no sign-up may. */
export function assertEmailAddress(email: string): void {
  if (!isEmailAddress(email)) throw new HeronryError('InvalidRequest', 'This is no email address.')
}

/** Throws `InvalidRequest` for what is no address, and for one of a provider whose addresses are thrown away after use. */
export function assertEmailSupported(email: string): void {
  if (isEmailAddress(email) && !isDisposable(email)) return
  throw new HeronryError(
    'InvalidRequest',
    'This email address is not supported, please use a different email.',
  )
}

const disposableDomains: ReadonlySet<string> = disposableEmailBlocklistSet()

/** Of a domain on the list, or below one. */
function isDisposable(email: string): boolean {
  const labels = email
    .slice(email.lastIndexOf('@') + 1)
    .toLowerCase()
    .split('.')
  return labels.some((_, from) => disposableDomains.has(labels.slice(from).join('.')))
}
