/** Captured mails that /dev/mail shows. */
export const capturedMailsShown = 200
