const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

/** By address. */
export const createAccountRateLimit = { limit: 100, windowMs: 5 * minuteMs }

interface SignInCall {
  readonly input: { readonly body: { readonly identifier: string } }
  readonly req: { readonly ip: string }
}

/** By who signs in and from where, so that nobody is locked out by another's guesses. */
const key = ({ input, req }: SignInCall) => `${input.body.identifier.toLowerCase()}-${req.ip}`

export const createSessionRateLimits = [
  { limit: 30, windowMs: 5 * minuteMs, key },
  { limit: 300, windowMs: dayMs, key },
]
