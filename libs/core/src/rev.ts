import { randomInt } from 'node:crypto'
import { isValidTid } from '@atproto/syntax'
import type { Brand } from './brand.ts'
import type { Clock } from './clock.ts'
import { HeronryError } from './error.ts'

/**
 * A repo revision: a TID (https://atproto.com/specs/tid), 13 characters of sortable base32. 53 bits of microseconds and
 * 10 bits of clock id; its bigint is what Postgres stores.
 */
export type Rev = Brand<string, 'Rev'>

const alphabet = '234567abcdefghijklmnopqrstuvwxyz'
const clockIdBits = 10n
const clockId = BigInt(randomInt(1024))

export function parseRev(text: string): Rev {
  if (!isValidTid(text)) throw new HeronryError('InvalidRequest', 'A revision (TID) is expected')
  return text as Rev
}

export function revOf(value: bigint): Rev {
  return (digits(Number(value >> lowBits), 7) + digits(Number(value & lowMask), 6)) as Rev
}

export function revNumber(rev: Rev): bigint {
  return (BigInt(numberOf(rev, { from: 0, to: 7 })) << lowBits) | BigInt(numberOf(rev, { from: 7, to: 13 }))
}

/** The last six characters: halves of a revision are numbers that need no bigint, which is 10 times as fast. */
const lowBits = 30n
const lowMask = (1n << lowBits) - 1n

function digits(value: number, count: number): string {
  let text = ''
  for (let rest = value, index = 0; index < count; index++, rest = Math.floor(rest / 32)) {
    text = alphabet.charAt(rest % 32) + text
  }
  return text
}

function numberOf(rev: Rev, { from, to }: { from: number; to: number }): number {
  let value = 0
  for (let index = from; index < to; index++) value = value * 32 + alphabet.indexOf(rev.charAt(index))
  return value
}

/**
 * The wall-clock revision, or that of the microsecond after `previous` where the clock stands at or behind it. It always carries this
 * process's clock id: two processes that build on the same commit never give the same revision, whatever their clocks say (but once in
 * 1,024 pairs of processes, which drew the same id).
 */
export function nextRev(clock: Clock, previous?: Rev): Rev {
  const wall = BigInt(Math.trunc(clock.now() * 1000))
  const least = previous === undefined ? 0n : (revNumber(previous) >> clockIdBits) + 1n
  return revOf(((wall > least ? wall : least) << clockIdBits) | clockId)
}
