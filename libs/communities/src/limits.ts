/** Characters of an admin password that is worth hashing. */
export const adminPasswordLengthMax = 512

/** Right passwords a process remembers, one for each community and hash. */
export const adminVerdictsMax = 1000

/** How stale a cached community may be. */
export const refreshIntervalMs = 1000

/** Characters of a Host header: a DNS name and a port. */
export const hostLengthMax = 253 + 6

/** Host headers whose community is remembered; a client may write them as it likes. */
export const hostHeadersMax = 1000
