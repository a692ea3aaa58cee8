/** A password on standard input or in a file. */
export const lineBytesMax = 4096

/** How long the house may take for an answer. */
export const answerTimeoutMs = 30_000

/** Bytes of an answer, and of what a task prints. */
export const answerBytesMax = 16_777_216

/** Accounts asked for at once. */
export const accountPageSize = 500

/** Rows of the audit log asked for at once. */
export const auditPageSize = 1000

/** How long a key is kept that signs no more: as long as the refresh tokens live that it has signed. */
export const tokenKeyKeptMs = 91 * 24 * 3_600_000
