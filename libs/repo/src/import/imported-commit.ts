import { decode, encode } from '@atproto/lex-cbor'
import { ifCid } from '@atproto/lex-data'
import { type Digest, digestOf } from '@heronry/core/cid'
import type { Clock } from '@heronry/core/clock'
import type { Did } from '@heronry/core/did'
import { parseRev, type Rev, revNumber } from '@heronry/core/rev'
import { badCar } from './bad-car.ts'
import { revAheadMsMax } from './limits.ts'

/** A commit as another host has signed it. */
export interface ImportedCommit {
  readonly did: Did
  readonly rev: Rev
  /** Digest of the tree's root. */
  readonly data: Digest
  /** What was signed. */
  readonly unsigned: Uint8Array
  readonly signature: Uint8Array
}

/**
 * Reads a commit block (https://atproto.com/specs/repository#commit-objects) of the repo of `did`. Throws `InvalidRequest` for anything else,
 * and for a revision that is more than `revAheadMsMax` ahead of the clock: no later commit could be beyond it for as long.
 */
export function importedCommit(block: Buffer, { did, clock }: { did: Did; clock: Clock }): ImportedCommit {
  const { sig, ...unsigned } = fieldsOf(block)
  if (unsigned['version'] !== 3 && unsigned['version'] !== 2) {
    throw badCar('The root of the CAR is no commit: its version is neither 3 nor 2')
  }
  if (unsigned['did'] !== did) {
    throw badCar(`The CAR is of the repo of ${String(unsigned['did']).slice(0, 100)}, not of ${did}`)
  }
  const { data } = unsigned
  const cid = typeof data === 'object' && data !== null ? ifCid(data) : null
  const digest = cid && digestOf(cid)
  if (!digest) throw badCar('The commit of the CAR names no tree')
  if (!(sig instanceof Uint8Array)) throw badCar('The commit of the CAR is not signed')
  const rev = revIn(unsigned['rev'])
  if (Number(revNumber(rev) >> 10n) / 1000 > clock.now() + revAheadMsMax) {
    throw badCar(`The commit of the CAR has a revision of the future: ${rev}`)
  }
  return { did, rev, data: digest, unsigned: encode(unsigned as never), signature: sig }
}

function fieldsOf(block: Buffer): Record<string, unknown> {
  try {
    const commit = decode(block) as Record<string, unknown>
    if (block.compare(encode(commit as never)) === 0) return Object(commit)
  } catch (cause) {
    throw badCar('The root of the CAR is no commit: its bytes are not canonical CBOR', cause)
  }
  throw badCar('The root of the CAR is no commit: its bytes are not canonical CBOR')
}

function revIn(value: unknown): Rev {
  try {
    return parseRev(String(value))
  } catch (cause) {
    throw badCar('The commit of the CAR has no valid revision', cause)
  }
}
