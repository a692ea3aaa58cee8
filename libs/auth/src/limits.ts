/** Session tokens whose verified signature a process remembers; about 1 kB each. */
export const verifiedTokensMax = 20_000

/** Wrong admin passwords of one address at one community in `adminGuessWindowMs`; after them the right one is refused there, too. */
export const adminGuessesMax = 30

/** From an address's first wrong password. */
export const adminGuessWindowMs = 5 * 60_000

/** Addresses whose guesses a process remembers; the longest silent is forgotten first. */
export const guessersMax = 10_000
