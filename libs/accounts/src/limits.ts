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

/** Rules that one community adds to those of the software, and characters of each. All are read for every new handle. */
export const handleRulesMax = 2000
export const handleRuleLengthMin = 2
export const handleRuleLengthMax = 63

/** How long a change of an identity may be going on; after that the janitor finds out what became of it. Its requests end after 10 s. */
export const identityChangeGraceMs = 60_000

/** How often the PLC directory is told of one change, where the DID goes on in between. */
export const directoryTriesMax = 3

/** How long a handle stays reserved for a change that the PLC directory does not know: the request may still arrive there. */
export const strayChangeMs = 60 * 60 * 1000

export const accessTokenTtlMs = 120 * 60 * 1000
export const refreshTokenTtlMs = 90 * 24 * 60 * 60 * 1000

/** By how much the clocks of two machines of the house may differ before a revocation misses a token. */
export const clockSkewMaxMs = 2000

/** How long a refresh token still yields its successor: an answer may have been lost on its way. */
export const refreshGraceMs = 2 * 60 * 60 * 1000

/** How long a second request with an OAuth refresh token counts as one that came together with the first, and not as a replay. */
export const oauthRefreshRaceMs = 10_000

/** How long a refresh token that was used ends its session when it is used again: as long as one is good unused. */
export const usedOAuthTokenRetentionMs = 92 * 24 * 60 * 60 * 1000

const minuteMs = 60 * 1000

/** How long a mailed token is good. What comes before a PLC operation is a whole move, with the mail in the middle of it. */
export const emailTokenTtlMs = {
  confirmEmail: 15 * minuteMs,
  updateEmail: 15 * minuteMs,
  resetPassword: 15 * minuteMs,
  deleteAccount: 15 * minuteMs,
  plcOperation: 60 * minuteMs,
  signIn: 10 * minuteMs,
} as const

/** Between two mails with a reset code to one account, whoever asks for them. */
export const resetMailIntervalMs = minuteMs

/** Between two mails with a sign-in code to one account. */
export const signInMailIntervalMs = minuteMs

/** A code of an authenticator app (RFC 6238): its digits, how long one is shown, and how many before and after the one of now are taken, as clocks differ. */
export const totpDigits = 6
export const totpStepMs = 30_000
export const totpDriftSteps = 1

/** Bytes of an authenticator app's secret: RFC 4226, 4 recommends 160 bits. */
export const totpSecretBytes = 20

/** Recovery codes that an account gets at once; those before are void. */
export const recoveryCodesCount = 10

interface LockStep {
  readonly failures: number
  readonly lockMs: number
}

/** Wrong codes behind a right password from one network, and how long that is refused then: whoever has the password locks himself out first. */
export const factorNetworkLockSteps: readonly LockStep[] = [
  { failures: 5, lockMs: minuteMs },
  { failures: 10, lockMs: 15 * minuteMs },
  { failures: 15, lockMs: 4 * 60 * minuteMs },
]

/**
 * The same from all networks together. Past the last step it is twelve codes a day, of a million, of which three are right: 1 in 27,000 a day.
 */
export const factorLockSteps: readonly LockStep[] = [
  { failures: 20, lockMs: 5 * minuteMs },
  { failures: 30, lockMs: 30 * minuteMs },
  { failures: 40, lockMs: 2 * 60 * minuteMs },
]

/** After so long without a wrong code the earlier ones are forgotten. */
export const factorFailureTtlMs = 24 * 60 * minuteMs

/** Passkeys of one account, and characters of the name that its owner gives to one. */
export const passkeysMax = 20
export const passkeyNameLengthMax = 64

/** Bytes of a passkey's id (WebAuthn 3, 4: Credential ID) and of its public key, which is an RSA key at most. */
export const passkeyIdBytesMax = 1023
export const passkeyKeyBytesMax = 2048

/** Keys that may change one did:plc (the directory's limit), the house's own included. */
export const rotationKeysMax = 5

/** How long an authenticator may take to answer a challenge: its owner may have to look for it. */
export const passkeyChallengeTtlMs = 5 * minuteMs

/** How long who has shown a password or a passkey again counts as the account's owner. */
export const ownerConfirmationTtlMs = 10 * minuteMs

/** Devices (a network and a program) that an account is known to be signed in from: past it those are forgotten that were not seen for longest. */
export const knownDevicesMax = 50

/** A device that was not seen for so long is one that its owner is told of again. */
export const knownDeviceTtlMs = 180 * 24 * 60 * minuteMs

/** Mails of new sign-ins that one account gets in a day: whoever has its password must not be able to fill the mailbox with them. */
export const signInNoticesMax = 20
export const signInNoticeWindowMs = 24 * 60 * minuteMs

/** Characters of a program's name as a mail says it, and those that are looked at to find it. */
export const programNameLengthMax = 40
export const userAgentLengthMax = 512

/** How long it is still said of a token that it has expired. */
export const expiredTokenRetentionMs = 24 * 60 * minuteMs

/** How often what has expired is deleted. */
export const purgeTokensEveryMs = 60 * minuteMs

/** Tries that a network has in an hour at tokens that name no account. */
export const tokenGuessesMax = 20
export const tokenGuessWindowMs = 60 * minuteMs

/** Wrong guesses at one token; the right one counts no more after them. */
export const emailTokenAttemptsMax = 5

/** A sign-up that has not ended after this long is undone by the janitor. It takes a second; its requests end after 10 s. */
export const draftGraceMs = 5 * 60 * 1000

/**
 * How long a DID outlives the sign-up that came to nothing. In a restored database a sign-up may seem to have stopped half way that the
 * world saw ending well: this is the sequencer's time to notice, and to say so (lost-account.ts).
 */
export const retireDelayMs = 10 * 60 * 1000

/** When the PLC directory is asked once more for a genesis operation that it did not have. */
export const strayCheckMs = 60 * 60 * 1000

/** Codes made by one call, over all accounts. */
export const inviteCodesPerCallMax = 5000

/** Uses of one code. */
export const inviteUsesMax = 1_000_000

/** Codes that an account has earned and can still give away. */
export const earnedInviteCodesMax = 5

/** Waits before the next try to retire a DID: a directory may be away for days, and then for two weeks once a day. */
export const retireRetryDelaysMs: readonly number[] = [
  ...[30_000, 120_000, 600_000, 3_600_000, 14_400_000, 43_200_000],
  ...new Array<number>(14).fill(24 * 60 * 60 * 1000),
]

/** Actors that one job spreads into jobs of their own. */
export const reannouncedAtOnce = 500

/** Accounts of one getAccountInfos: more do not fit into a URL. */
export const accountInfosMax = 400

/** How far from now a suspension may end; what shall last longer is a takedown. */
export const suspensionMsMax = 10 * 366 * 24 * 60 * 60 * 1000

/** How long an account that moves in may take until it is activated; it is deleted then. */
export const movedInGraceMs = 3 * 24 * 60 * 60 * 1000

/** How long a signing key is kept for an account that is still to be made. */
export const reservedKeyTtlMs = 24 * 60 * 60 * 1000

/** How long a code of the sign-up gate is good: the form behind it is still to be filled in. */
export const gateCodeTtlMs = 30 * 60 * 1000

/** Between two rounds that forget keys and codes nobody came for. */
export const purgeReservationsEveryMs = 60 * 60 * 1000

/** How often documents of DIDs are taken away that are too old to be used. */
export const purgeDidDocumentsEveryMs = 60 * 60 * 1000

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
export const loginLockSteps: readonly LockStep[] = [
  { failures: 30, lockMs: 60_000 },
  { failures: 40, lockMs: 5 * 60_000 },
  { failures: 50, lockMs: 30 * 60_000 },
  { failures: 60, lockMs: 2 * 60 * 60_000 },
]

/** After so long without a failed login the earlier ones are forgotten. */
export const loginFailureTtlMs = 24 * 60 * 60_000

/** Forgotten rows that one failed login takes away: more than the one that it may leave. */
export const loginFailuresSwept = 5

/** How long an address that a mail server has refused for good gets no mail: its owner may have cleared it up since. */
export const mailSuppressionMs = 30 * 24 * 3_600_000

/** Characters of what an app says of itself (its id, its scopes) in a row of the audit log. What is longer is cut off. */
export const auditFactCharsMax = 2000
