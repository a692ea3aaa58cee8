/** Session tokens whose verified signature a process remembers; about 1 kB each. */
export const verifiedTokensMax = 20_000

/** How long the sessions of an imported community count after its cut-over: as long as a refresh token of the reference lives. */
export const legacySessionsTtlMs = 90 * 24 * 60 * 60 * 1000

/** How long a token for another service lives: unless asked for, at most, and at most where it is for any method. */
export const serviceTokenTtlDefaultMs = 60_000
export const serviceTokenTtlMaxMs = 60 * 60_000
export const unboundServiceTokenTtlMaxMs = 60_000
