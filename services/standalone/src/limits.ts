/** From the first signal to the end of the process, whatever still runs. */
export const shutdownMsMax = 8000

/** From the first signal until connections with a request in flight are closed. */
export const drainMsMax = 4000

/** Captured mails that /dev/mail shows. */
export const capturedMailsShown = 200

/** XRPC requests of one address, whatever they ask. */
export const globalRateLimit = { name: 'global-ip', limit: 3000, windowMs: 5 * 60_000 }
