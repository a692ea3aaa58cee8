/** Connections to the SMTP server at once. */
export const smtpConnectionsMax = 4

/** Until the SMTP server has been reached and has said who it is. */
export const connectTimeoutMs = 10_000

/** A connection on which nothing moves is given up. */
export const smtpSilenceMsMax = 30_000
