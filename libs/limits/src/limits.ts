/** How long one count may take in Redis; a request waits for it. */
export const redisTimeoutMs = 500

/** How long a connection to Redis may take. */
export const connectTimeoutMs = 2_000

/** The longest pause before the next try to connect. */
export const reconnectDelayMsMax = 2_000

/** Characters of a key as it is; a longer one is counted by its digest. */
export const keyCharsMax = 128

/** Calls that were let pass uncounted are said so this often. */
export const uncountedLogEveryMs = 10_000

/**
 * How long a closing connection to Redis is waited for. ioredis waits for one that was cut before as well, and by default 2 s: so long
 * the process would not end.
 */
export const disconnectMsMax = 100

/** Counts that one command to Redis takes: none waits long behind it. */
export const countsTogetherMax = 256
