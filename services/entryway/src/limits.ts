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

/** Characters of the address that a sign-in with a passkey leads back to: an app's request may be long. */
export const returnToLengthMax = 4096

/** Bytes of a form of the account pages, and of what a browser answers for a passkey: an id of a kilobyte, an attestation of a few. */
export const pageFormBytesMax = 32 * 1024
