import { type Cid, decodeAll } from '@atproto/lex-cbor'
import type { Recording } from './tape.ts'

interface Body {
  readonly seq: number
  readonly repo?: string
  readonly ops?: readonly { action: string; path: string; cid: Cid | null; prev?: Cid }[]
  readonly prevData?: Cid
  readonly blocks?: Uint8Array
}

/** One message of the firehose, and when it came. */
export interface Frame {
  readonly kind: string
  readonly body: Body
  readonly bytes: number
  readonly at: number
}

/** Throws where a frame cannot be read, or where the numbering does not rise. */
export function* framesOf({ bytes, ends, times }: Recording): Generator<Frame> {
  let begin = 0
  let seq = 0
  for (const [index, end] of ends.entries()) {
    const [head, body] = [...decodeAll(bytes.subarray(begin, end))] as [{ t: string }, Body]
    if (!(body.seq > seq)) throw new Error(`A frame ${body.seq} after ${seq}`)
    yield { kind: head.t, body, bytes: end - begin, at: times[index] ?? Number.NaN }
    begin = end
    seq = body.seq
  }
}

/** Of the first record it speaks of: did/collection/rkey. */
export function pathOf({ body }: Frame): string {
  return `${body.repo}/${body.ops?.[0]?.path}`
}

/**
 * What both sides must say alike of the same write: all but identities, commits and numbers. Which tree it stands on is a matter of
 * the order of writes: where two of one repo were in flight at once, a side has its own.
 */
export function sharedOf({ kind, body }: Frame, { inOrder }: { inOrder: boolean }): string {
  const ops = body.ops?.map(({ action, path, cid, prev }) => [action, path, `${cid}`, `${prev}`].join(' '))
  return [kind, ...(ops ?? []), ...(inOrder ? [`on ${body.prevData}`] : [])].join(', ')
}
