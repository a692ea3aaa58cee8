import type { Database } from '@heronry/db/database'
import type { Metrics } from '@heronry/telemetry/metrics'
import type { DkimKey } from './compose-mail.ts'
import { DomainLanes } from './domain-lanes.ts'
import { domainMailsMax } from './limits.ts'
import { openTransport } from './open-transport.ts'

export interface EmailParts {
  db: Database
  mail: Mailer | undefined
  /** Of what moderators write to members. */
  moderationMail?: Mailer | undefined
  /** Signs every mail; undefined: none is signed here. */
  dkim?: DkimKey | undefined
  metrics?: Metrics | undefined
}

/** Where mail goes, and from which address; undefined: nowhere. */
type Mailer = { readonly smtpUrl: string; readonly fromAddress: string }

export type EmailContext = ReturnType<typeof createEmailContext>

/** What the mail handler needs. Connections to an SMTP server are made when there is a mail, and closed by disposing. */
export function createEmailContext({ db, mail, moderationMail, dkim, metrics }: EmailParts) {
  const outgoing = outgoingOf(mail)
  const moderation = outgoingOf(moderationMail)
  return {
    db,
    metrics,
    dkim,
    outgoing,
    moderation,
    [Symbol.dispose]: () => {
      outgoing?.transport.close()
      moderation?.transport.close()
    },
  }
}

function outgoingOf(mailer: Mailer | undefined) {
  if (mailer === undefined) return undefined
  const { smtpUrl, fromAddress } = mailer
  return { transport: openTransport(smtpUrl), fromAddress, lanes: new DomainLanes(domainMailsMax) }
}
