import { jsonToLex, type l } from '@atproto/lex'
import { InvalidRequestError } from '@atproto/xrpc-server'
import { decodeText } from './content-type.ts'
import { jsonDepthMax } from './limits.ts'
import { fillsNothingIn } from './schema-defaults.ts'
import { withoutStacks } from './without-stacks.ts'

export interface JsonBodyOptions {
  readonly charset: string | undefined
  /** Whether strings may hold NUL. */
  readonly acceptsNul: boolean
  readonly schema: l.Schema | undefined
}

/**
 * A JSON body as the lexicon's value: `$link` and `$bytes` decoded, checked by its schema, defaults filled in. An empty body
 * is `{}`, as in the reference. Throws 400.
 */
export function parseJsonBody(bytes: Buffer, { charset, acceptsNul, schema }: JsonBodyOptions): unknown {
  refuseDepth(bytes)
  const json = parseJson(decodeText(bytes, charset), acceptsNul)
  try {
    const value = jsonToLex(json as Parameters<typeof jsonToLex>[0])
    return schema === undefined ? value : withoutStacks(() => checked(schema, value))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new InvalidRequestError(reason, undefined, { cause })
  }
}

/** To fill in defaults, the library makes an error of every optional field that is not there: it need not where there are none. */
function checked(schema: l.Schema, value: unknown): unknown {
  if (!fillsNothingIn(schema)) return schema.parse(value)
  const result = schema.safeValidate(value)
  // Why it is refused is for the library to say.
  return result.success ? result.value : schema.parse(value)
}

function parseJson(text: string, acceptsNul: boolean): unknown {
  if (text === '') return {}
  try {
    return JSON.parse(text, acceptsNul || !mayBeUnstorable.test(text) ? undefined : refuseUnstorable)
  } catch (cause) {
    if (cause instanceof InvalidRequestError) throw cause
    throw new InvalidRequestError('The request body is not valid JSON', undefined, { cause })
  }
}

/** Only an escape can bring NUL or half a surrogate pair: the bytes themselves were valid UTF-8. */
const mayBeUnstorable = /\\u(?:0000|d[89a-f])/i

/** Postgres has no text with NUL in it, and UTF-8 none with half a surrogate pair: a body that is no record may hold neither. */
function refuseUnstorable(key: string, value: unknown): unknown {
  for (const text of [key, value]) {
    if (typeof text !== 'string') continue
    if (text.includes('\0')) throw new InvalidRequestError('The request body holds NUL in a string')
    if (!text.isWellFormed()) {
      throw new InvalidRequestError('The request body holds half a surrogate pair in a string')
    }
  }
  return value
}

/**
 * Counts brackets outside of strings, before anything recursive sees the value. Bytes suffice: no byte of a longer UTF-8
 * sequence looks like a bracket, a quote or a backslash.
 */
function refuseDepth(bytes: Buffer): void {
  let depth = 0
  let inString = false
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]
    if (inString) {
      if (byte === backslash) index++
      else if (byte === quote) inString = false
    } else if (byte === quote) inString = true
    else if (byte === openBrace || byte === openBracket) {
      if (++depth > jsonDepthMax) throw new InvalidRequestError(`JSON is nested deeper than ${jsonDepthMax}`)
    } else if (byte === closeBrace || byte === closeBracket) depth--
  }
}

const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
