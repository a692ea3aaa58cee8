import { type Did, isDid } from '@heronry/core/did'
import { type EventBody, type EventKind, eventKinds } from './event.ts'
import { subjectBytesMax } from './limits.ts'

/** The part of an event's body that names its subject; SQL's `substring` counts from 1. */
export const subjectSlice = { bytes: subjectBytesMax, offsetOf }

/**
 * The byte of the body at which the subject's key stands. DRISL has its keys by length, then bytewise: `did` is the first one of a
 * message, and `repo` the first one after the seq of a #commit.
 */
function offsetOf({ kind, seqAt }: { kind: EventKind; seqAt: number }): number {
  return kind === eventKinds.commit ? seqAt : 1
}

/** The DID that a message is about, read from `slice`, which begins at its key: a whole body need not be read for it. */
export function subjectOf(slice: Uint8Array): Did {
  const bytes = Buffer.from(slice.buffer, slice.byteOffset, slice.byteLength)
  const key = keys.find((candidate) => bytes.subarray(0, candidate.length).equals(candidate))
  if (key === undefined) throw new Error('An event that names nobody')
  const { at, length } = textHead(bytes, key.length)
  const did = bytes.toString('utf8', at, at + length)
  if (!isDid(did)) throw new Error('An event whose subject is no DID')
  return did
}

/** The DID that a whole event is about. */
export function subjectOfEvent(event: EventBody): Did {
  return subjectOf(event.body.subarray(offsetOf(event)))
}

/** CBOR text strings of 3 and 4 bytes. */
const keys = [Buffer.from('\x63did'), Buffer.from('\x64repo')]

/** Where the text at `at` begins, and its bytes: a DID has at most 2048, so one or two bytes of length. */
function textHead(bytes: Buffer, at: number): { at: number; length: number } {
  const head = bytes[at] ?? 0
  if (head === 0x78) return { at: at + 2, length: bytes.readUInt8(at + 1) }
  if (head === 0x79) return { at: at + 3, length: bytes.readUInt16BE(at + 1) }
  if (head >= 0x60 && head < 0x78) return { at: at + 1, length: head - 0x60 }
  throw new Error('An event whose subject is no text')
}
