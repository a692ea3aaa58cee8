import { l } from '@atproto/lex'
import { InvalidRequestError } from '@atproto/xrpc-server'
import { withoutStacks } from './without-stacks.ts'

/**
 * The query of `url` as the lexicon declares it: repeated keys for arrays, integers and booleans decoded, defaults filled in,
 * what it does not declare ignored. Throws 400.
 */
export function parseParams<M extends l.Query | l.Procedure | l.Subscription>(
  schema: M,
  url: string,
): l.InferMethodParams<M> {
  const declared = [...searchParams(url)].filter(([name]) => schema.parameters.shapeValidators.has(name))
  try {
    return withoutStacks(() => schema.parameters.fromURLSearchParams(declared)) as l.InferMethodParams<M>
  } catch (cause) {
    if (!(cause instanceof l.LexValidationError)) throw cause
    const reasons = cause.issues.map((issue) => issue.message).join(', ')
    throw new InvalidRequestError(`Invalid ${schema.nsid} params: ${reasons}`, undefined, { cause })
  }
}

function searchParams(url: string): URLSearchParams {
  const start = url.indexOf('?')
  const query = new URLSearchParams(start === -1 ? '' : url.slice(start + 1))
  if (query.has('__proto__')) throw new InvalidRequestError('Invalid query parameter: __proto__')
  for (const [name, value] of query) {
    // Postgres has no text with NUL in it: no query of ours may get one.
    if (value.includes('\0')) throw new InvalidRequestError(`Invalid query parameter: ${name} holds NUL`)
  }
  return query
}
