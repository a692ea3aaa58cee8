import type { l } from '@atproto/lex'
import type { LexAnswer, RawAnswer } from './method.ts'

/**
 * Holds answers against the lexicon, for development: a method that breaks its own contract shows as a 500. Bytes passed on as
 * they are are not looked into.
 */
export function assertAnswer(
  { nsid, output }: l.Query | l.Procedure,
  answer: LexAnswer<unknown> | RawAnswer | undefined,
): void {
  if (answer === undefined) {
    if (output.encoding !== undefined) throw new Error(`${nsid} answered nothing, but has an output`)
    return
  }
  if (!('body' in answer)) return
  if (output.encoding === undefined) throw new Error(`${nsid} answered a body, but has no output`)
  const result = output.schema?.safeValidate(answer.body)
  if (result?.success === false) {
    throw new Error(`${nsid} answered what its lexicon does not allow`, { cause: result.reason })
  }
}
