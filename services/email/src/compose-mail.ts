import type { SendMail } from '@heronry/jobs/kinds/send-mail'
import type { SendMailOptions } from 'nodemailer'
import { logoCid, renderMail } from './render-mail.ts'

export interface Composition {
  /** The outbox row's id. */
  readonly id: bigint
  readonly mail: SendMail
  /** The house's; a community may have its own. */
  readonly fromAddress: string
  readonly dkim?: DkimKey | undefined
}

export interface DkimKey {
  readonly selector: string
  /** PEM */
  readonly privateKey: string
}

/** RFC 3834: nobody's holiday notice shall answer. */
const automatic = { 'Auto-Submitted': 'auto-generated' }

/**
 * Invariant: of one row every try makes the same bytes, signature included: ids, date and boundaries are made of the row and nothing else. Who gets
 * it twice can tell that it is the same mail.
 */
export function composeMail({ id, mail, fromAddress, dkim }: Composition): SendMailOptions & object {
  const { brand = {}, serviceName, to, at } = mail
  const isMessage = mail.mail.template === 'message'
  const address = (isMessage ? undefined : brand.fromAddress) ?? fromAddress
  const domain = domainOf(address)
  const logo = isMessage ? undefined : brand.logo
  return {
    ...renderMail(mail),
    from: { name: brand.fromName ?? serviceName, address },
    to,
    date: new Date(at),
    messageId: `<heronry-${id}@${domain}>`,
    headers: isMessage ? {} : automatic,
    // Unknown to the types, and public in the documentation of its MIME nodes.
    ...{ baseBoundary: `heronry-${id}` },
    ...(logo && { attachments: [{ cid: logoCid, path: logo, contentDisposition: 'inline' as const }] }),
    ...(dkim && {
      dkim: { domainName: domain, keySelector: dkim.selector, privateKey: dkim.privateKey },
    }),
  }
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase()
}
