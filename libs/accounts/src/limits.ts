/** Characters of a new password. */
export const passwordLengthMax = 256

/** Characters of a password that a login is tried with: what other servers let people choose. */
export const loginPasswordLengthMax = 512

/** Passwords hashed at the same time by one process, at most: each takes a thread, 19 MiB and about 40 ms. */
export const passwordConcurrencyMax = 2

/** Passwords that wait for it; who comes later is told to come again. */
export const passwordQueueMax = 200

/** What a login takes at least, found or not, right or wrong. */
export const loginPadMs = 350

/** Characters of an address: RFC 5321, 4.5.3.1. */
export const emailLengthMax = 254
export const emailLocalLengthMax = 64

/** Characters of a handle's label under a handle domain. */
export const handleLabelLengthMin = 3
export const handleLabelLengthMax = 18

export const accessTokenTtlMs = 120 * 60 * 1000
export const refreshTokenTtlMs = 90 * 24 * 60 * 60 * 1000

/** By how much the clocks of two machines of the house may differ before a revocation misses a token. */
export const clockSkewMaxMs = 2000

/** How long a refresh token still yields its successor: an answer may have been lost on its way. */
export const refreshGraceMs = 2 * 60 * 60 * 1000

export const emailTokenTtlMs = 15 * 60 * 1000

/** Wrong guesses at one token; the right one counts no more after them. */
export const emailTokenAttemptsMax = 5

/** A sign-up that has not ended after this long is undone by the janitor. It takes a second; its requests end after 10 s. */
export const draftGraceMs = 5 * 60 * 1000

/**
 * How long a DID outlives the sign-up that came to nothing. In a restored database a sign-up may seem to have stopped half way that the world saw
 * ending well: this is the sequencer's time to notice, and to say so (lost-account.ts).
 */
export const retireDelayMs = 10 * 60 * 1000

/** When the PLC directory is asked once more for a genesis operation that it did not have. */
export const strayCheckMs = 60 * 60 * 1000

/** Codes made by one call, over all accounts. */
export const inviteCodesPerCallMax = 5000

/** Uses of one code. */
export const inviteUsesMax = 1_000_000

/** Waits before the next try to retire a DID: a directory may be away for days, and then for two weeks once a day. */
export const retireRetryDelaysMs: readonly number[] = [
  ...[30_000, 120_000, 600_000, 3_600_000, 14_400_000, 43_200_000],
  ...new Array<number>(14).fill(24 * 60 * 60 * 1000),
]

/** Actors that one job spreads into jobs of their own. */
export const reannouncedAtOnce = 500

/** App passwords of one account. */
export const appPasswordsMax = 100

/** Characters of an app password's name. */
export const appPasswordNameLengthMax = 256

/** Permissions that one app password may be narrowed to, and the characters of each. */
export const permissionsMax = 50
export const permissionLengthMax = 2048

/**
 * Failed logins in a row, by one name and from one network, and how long further ones are refused then. The first step stands at what
 * the rate limit lets through in five minutes: who is within that never meets it.
 */
export const loginLockSteps: readonly { failures: number; lockMs: number }[] = [
  { failures: 30, lockMs: 60_000 },
  { failures: 40, lockMs: 5 * 60_000 },
  { failures: 50, lockMs: 30 * 60_000 },
  { failures: 60, lockMs: 2 * 60 * 60_000 },
]

/** After so long without a failed login the earlier ones are forgotten. */
export const loginFailureTtlMs = 24 * 60 * 60_000

/** Forgotten rows that one failed login takes away: more than the one that it may leave. */
export const loginFailuresSwept = 5
