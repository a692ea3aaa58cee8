import { concurrencyDefault } from '@heronry/jobs/limits'

/** Connections to an SMTP server at once: as many as mails are on their way, so that none waits out its attempt for a connection. */
export const smtpConnectionsMax = concurrencyDefault

/** Mails to one recipient's domain that a process has on their way at once. */
export const domainMailsMax = 4

/** When a mail comes again whose domain had no room, at the least; up to twice as long. */
export const domainBusyMs = 1000

/** Until the SMTP server has been reached and has said who it is. */
export const connectTimeoutMs = 10_000

/** A connection on which nothing moves is given up. */
export const smtpSilenceMsMax = 30_000

/** For the name servers to say what a domain has published. */
export const dnsTimeoutMs = 5000
