/** Session tokens whose verified signature a process remembers; about 1 kB each. */
export const verifiedTokensMax = 20_000

/** How far ahead a service token may run out: those of the reference live for an hour at most. */
export const serviceTokenTtlMaxMs = 24 * 60 * 60 * 1000

/** Characters of a service token; one has about 400. */
export const serviceTokenLengthMax = 8192

/** Between two rounds that forget the service tokens which have run out. */
export const purgeServiceTokensEveryMs = 60 * 60 * 1000
