/** Session tokens whose verified signature a process remembers; about 1 kB each. */
export const verifiedTokensMax = 20_000
