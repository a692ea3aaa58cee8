/** Session tokens whose verified signature a process remembers; about 1 kB each. */
export const verifiedTokensMax = 20_000

/** Wrong admin passwords of one address at one community in `adminGuessWindowMs`; after them the right one is refused there, too. */
export const adminGuessesMax = 30

/** From an address's first wrong password. */
export const adminGuessWindowMs = 5 * 60_000

/** Addresses whose guesses a process remembers; the longest silent is forgotten first. */
export const guessersMax = 10_000
/** How far ahead a service token may run out: those of the reference live for an hour at most. */
export const serviceTokenTtlMaxMs = 24 * 60 * 60 * 1000

/** Characters of a service token; one has about 400. */
export const serviceTokenLengthMax = 8192

/** Between two rounds that forget the service tokens which have run out. */
export const purgeServiceTokensEveryMs = 60 * 60 * 1000
