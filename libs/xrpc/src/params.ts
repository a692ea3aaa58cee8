import { l } from '@atproto/lex'
import { InvalidRequestError } from '@atproto/xrpc-server'
import { defaultOf } from './schema-defaults.ts'
import { withoutStacks } from './without-stacks.ts'

type WithParams = l.Query | l.Procedure | l.Subscription

/**
 * Reads the query of a URL as the lexicon declares it: repeated keys for arrays, integers and booleans decoded, defaults filled in,
 * what it does not declare ignored. What it makes throws 400.
 */
export function paramsReader<M extends WithParams>(schema: M): (url: string) => l.InferMethodParams<M> {
  const params = onceChecked(schema.parameters)
  return (url) => {
    const declared = [...searchParams(url)].filter(([name]) => params.shapeValidators.has(name))
    try {
      return withoutStacks(() => params.fromURLSearchParams(declared)) as l.InferMethodParams<M>
    } catch (cause) {
      if (!(cause instanceof l.LexValidationError)) throw cause
      const reasons = cause.issues.map((issue) => issue.message).join(', ')
      throw new InvalidRequestError(`Invalid ${schema.nsid} params: ${reasons}`, undefined, { cause })
    }
  }
}

/** The same params with their defaults filled in beforehand: the library makes an error of every optional one that is not there. */
function onceChecked(params: l.ParamsSchema): l.ParamsSchema {
  const defaults = Object.entries(params.shape).map(([name, field]) => [name, defaultOf(field)] as const)
  const filled = defaults.filter(([, value]) => value !== undefined)
  const parse = (given: Record<string, unknown>) => {
    for (const [name, value] of filled) given[name] ??= value
    const checked = params.safeValidate(given)
    // Why it is refused is for the library to say.
    return checked.success ? checked.value : params.parse(given)
  }
  return Object.create(params, { parse: { value: parse } })
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
