/** Session tokens whose verified signature a process remembers; about 1 kB each. */
export const verifiedTokensMax = 20_000

/** Wrong admin passwords of one address at one community in `adminGuessWindowMs`; after them the right one is refused there, too. */
export const adminGuessesMax = 30

/** From an address's first wrong password. */
export const adminGuessWindowMs = 5 * 60_000

/** Addresses whose guesses a process remembers; the longest silent is forgotten first. */
export const guessersMax = 10_000

/** How far ahead a service token that is shown here may run out: those of the reference live for an hour at most. */
export const shownServiceTokenTtlMaxMs = 24 * 60 * 60 * 1000

/** Characters of a service token; one has about 400. */
export const serviceTokenLengthMax = 8192

/** Between two rounds that forget the service tokens which have run out. */
export const purgeServiceTokensEveryMs = 60 * 60 * 1000

/** How long the sessions of an imported community count after its cut-over: as long as a refresh token of the reference lives. */
export const legacySessionsTtlMs = 90 * 24 * 60 * 60 * 1000

/** How long a token for another service lives: unless asked for, at most, and at most where it is for any method. */
export const serviceTokenTtlDefaultMs = 60_000
export const serviceTokenTtlMaxMs = 60 * 60_000
export const unboundServiceTokenTtlMaxMs = 60_000

/** How long one question to Redis may take; a request waits for it. */
export const replayRedisTimeoutMs = 500

/** How long a connection to Redis may take, and the longest pause before the next try. */
export const replayConnectTimeoutMs = 2_000
export const replayReconnectDelayMsMax = 2_000

/** How long a closing connection is waited for. */
export const replayDisconnectMsMax = 100

/** Proofs that a process remembers by itself while there is no Redis; the oldest are forgotten first. One has about 100 bytes. */
export const rememberedProofsMax = 200_000

/** An outage of Redis is told this often. */
export const replayOutageLogEveryMs = 10_000

/** Between two rounds that forget what may be shown again. */
export const purgeReplaysEveryMs = 60 * 60 * 1000

/** Characters of a DPoP proof; one by a key of P-256 has about 700. */
export const dpopProofLengthMax = 4096

/** Bits of an RSA key that a proof may be signed with: RFC 7518, 3.3. */
export const proofRsaBitsMin = 2048

/** Keys of apps that a process has imported; about 1 kB each. */
export const proofKeysMax = 10_000

/** How old a proof may be, where the clock that dated it may be off by as much as the other. */
export const dpopProofAgeMaxS = 10
export const dpopClockSkewMaxS = 180

/** How long a proof is remembered: longer than its nonce is good (three minutes), after which nobody accepts it. */
export const proofReplayWindowMs = 200_000

/** Scopes that a process has read: an app's are always the same. */
export const readScopesMax = 1_000
