/**
 * What to say of a token that was refused for its times, where a clock that is off explains it; undefined: something else was wrong. The
 * verifiers' own words ("iat" claim timestamp check failed) tell nobody what to do.
 */
export function clockFault(error: unknown, now = Date.now()): string | undefined {
  const refused = causes(error).find(isTimeRefusal)
  if (refused === undefined) return undefined
  const { iat } = refused.payload ?? {}
  if (typeof iat !== 'number') return undefined
  const aheadS = Math.round(iat - now / 1000)
  if (Math.abs(aheadS) < noticeableS) return undefined
  const how = aheadS > 0 ? 'ahead of' : 'behind'
  return `The clock of the client is off: what it signed is dated ${Math.abs(aheadS)} s ${how} the time here. Set the clock right`
}

/** Below it a clock is as good as any, and what was refused was refused for another reason. */
const noticeableS = 30

interface TimeRefusal {
  readonly code: string
  readonly claim?: string
  readonly payload?: { readonly iat?: unknown }
}

/** By its fields: there may be several copies of jose in one house. */
function isTimeRefusal(error: unknown): error is TimeRefusal {
  if (!(error instanceof Error) || !('code' in error)) return false
  if (error.code === 'ERR_JWT_EXPIRED') return true
  if (error.code !== 'ERR_JWT_CLAIM_VALIDATION_FAILED' || !('claim' in error)) return false
  return error.claim === 'iat' || error.claim === 'nbf' || error.claim === 'exp'
}

function causes(error: unknown): unknown[] {
  const chain: unknown[] = []
  for (let at = error; at instanceof Error && chain.length < 10; at = at.cause) chain.push(at)
  return chain
}
