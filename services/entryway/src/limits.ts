/** What the captcha's service may take to say whether somebody is human. */
export const captchaTimeoutMs = 5_000

/** Bytes of the sign-up gate's form: an answer of the widget has a few kilobytes. */
export const gateFormBytesMax = 32 * 1024

/** Characters of the client's state, and of the address that the gate leads to. */
export const gateStateLengthMax = 512
export const gateRedirectLengthMax = 2048

/** Mails of which a member is told what has become of them. */
export const mailStatesShown = 20

/** Mails that one call has tried again. */
export const retriedMailsMax = 1000

/** How far a client's clock may be off. Its proofs are held to the same by the provider. */
export const clockSkewMaxMs = 180_000

/** Communities whose provider a process keeps; the one that was asked for longest ago is made anew. */
export const providersMax = 1_000

/** What all providers of a process remember of apps: their metadata, and their keys. */
export const clientCacheBytesMax = 50_000_000
export const clientCacheTtlMs = 10 * 60_000

/** How long a request that has run out can still be read: a late answer is told why it fails. */
export const oauthRequestReadableMs = 10 * 60_000

/** A device that nobody has come from for so long is forgotten, and who is signed in on it. */
export const deviceTtlMs = 400 * 24 * 3_600_000

/** A permission set that nobody has asked for for so long is forgotten. */
export const lexiconTtlMs = 90 * 24 * 3_600_000

/** Between two rounds that forget what has run out. */
export const sweepOAuthEveryMs = 10 * 60_000
