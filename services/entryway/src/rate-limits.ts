import type { MemberCredentials } from '@heronry/auth/authenticator'
import { clientKey } from '@heronry/xrpc/client-key'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** By address. */
export const createAccountRateLimit = { limit: 100, windowMs: 5 * minuteMs }

/** By address. */
export const deleteAccountRateLimit = { limit: 50, windowMs: 5 * minuteMs }
export const resetPasswordRateLimit = { limit: 50, windowMs: 5 * minuteMs }

/** By address. The reference has none, and keeps every key for ever. */
export const reserveSigningKeyRateLimit = { limit: 30, windowMs: 5 * minuteMs }

export const requestPasswordResetRateLimits = [
  { limit: 15, windowMs: hourMs },
  { limit: 50, windowMs: dayMs },
]

/** Mail that an account asks for, by the account: a limit for each kind of mail. */
const actorKey = ({ auth }: { readonly auth: MemberCredentials }) => auth.actor.did

export const requestMailRateLimits = [
  { limit: 5, windowMs: hourMs, key: actorKey },
  { limit: 15, windowMs: dayMs, key: actorKey },
]

/** By the account. Guesses at its password and at codes are counted besides, in Postgres. */
export const secondFactorRateLimit = { limit: 30, windowMs: 5 * minuteMs, key: actorKey }

/** By the account. */
export const updateHandleRateLimits = [
  { limit: 10, windowMs: 5 * minuteMs, key: actorKey },
  { limit: 50, windowMs: dayMs, key: actorKey },
]

/** By address: each question goes out to the network. */
export const refreshIdentityRateLimit = { limit: 60, windowMs: 5 * minuteMs }

/**
 * Mail that the reference does not limit: the code for a PLC operation (a move may need several tries, and a stolen session could fill its
 * owner's mailbox), and what follows another address (which may be a stranger's, and of which it is said whether it has an account).
 */
export const memberMailRateLimits = [
  { limit: 15, windowMs: hourMs, key: actorKey },
  { limit: 50, windowMs: dayMs, key: actorKey },
]

interface SignInCall {
  readonly input: { readonly body: { readonly identifier: string } }
  readonly req: { readonly ip: string }
}

/** By who signs in and from where, so that nobody is locked out by another's guesses. */
const key = ({ input, req }: SignInCall) => `${input.body.identifier.toLowerCase()}-${clientKey(req)}`

export const createSessionRateLimits = [
  { limit: 30, windowMs: 5 * minuteMs, key },
  { limit: 300, windowMs: dayMs, key },
]

/**
 * The routes of OAuth by address; the reference counts none of them. A server that acts for many people asks for all of them from one address:
 * what it asks for is as wide as the limit of everything (3,000 in 5 min), what people do with their own hands is not.
 */
export const oauthRouteRateLimits = {
  documents: [{ limit: 3_000, windowMs: 5 * minuteMs }],
  assets: [{ limit: 3_000, windowMs: 5 * minuteMs }],
  tokens: [{ limit: 3_000, windowMs: 5 * minuteMs }],
  pages: [{ limit: 300, windowMs: 5 * minuteMs }],
  acts: [{ limit: 300, windowMs: 5 * minuteMs }],
  signIn: [
    { limit: 100, windowMs: 5 * minuteMs },
    { limit: 2_000, windowMs: dayMs },
  ],
  signUp: [createAccountRateLimit],
  reset: requestPasswordResetRateLimits,
  confirmReset: [resetPasswordRateLimit],
  deleteAccount: [deleteAccountRateLimit],
} as const

export type OAuthRouteGroup = keyof typeof oauthRouteRateLimits

interface NamedAct {
  readonly name: string
  readonly network: string
}

const strangerKey = ({ name, network }: NamedAct) => `${name.toLowerCase()}-${network}`
const memberKey = ({ name }: NamedAct) => name

/**
 * What people do on the pages of OAuth, by the name that they give (with their network where a stranger could give it, so that nobody is locked out by
 * another's guesses) or by the account that they have signed in to.
 */
export const oauthNameRateLimits = {
  signInName: [
    { limit: 30, windowMs: 5 * minuteMs, key: strangerKey },
    { limit: 300, windowMs: dayMs, key: strangerKey },
  ],
  signUpName: [{ limit: 30, windowMs: 5 * minuteMs, key: strangerKey }],
  resetName: [
    { limit: 15, windowMs: hourMs, key: strangerKey },
    { limit: 50, windowMs: dayMs, key: strangerKey },
  ],
  mailName: [
    { limit: 5, windowMs: hourMs, key: memberKey },
    { limit: 15, windowMs: dayMs, key: memberKey },
  ],
  handleName: [
    { limit: 10, windowMs: 5 * minuteMs, key: memberKey },
    { limit: 50, windowMs: dayMs, key: memberKey },
  ],
} as const
