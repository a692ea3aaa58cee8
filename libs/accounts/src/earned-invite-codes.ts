import { earnedInviteCodesMax } from './limits.ts'

export interface EarnedCode {
  readonly createdAt: Date
  readonly disabled: boolean
  readonly isUsedUp: boolean
}

export interface Earnings {
  readonly now: number
  readonly accountCreatedAt: number
  /** One code is earned in each. */
  readonly intervalMs: number
  /** Intervals before it do not count. */
  readonly epochMs: number
  /** Those that the account has earned so far; what an administrator gave it is nobody's earning. */
  readonly earned: readonly EarnedCode[]
}

/**
 * How many codes an account may have now that it has not: one for each whole interval of its life since the epoch, less those that it has
 * made since, and no more than leave it with five that can be used.
 */
export function codesToEarn({ now, accountCreatedAt, intervalMs, epochMs, earned }: Earnings): number {
  const lived = Math.floor((now - accountCreatedAt) / intervalMs)
  const before = Math.max(0, Math.floor((epochMs - accountCreatedAt) / intervalMs))
  const made = earned.filter(({ createdAt }) => createdAt.getTime() > epochMs).length
  const unused = earned.filter(({ disabled, isUsedUp }) => !disabled && !isUsedUp).length
  return Math.max(0, Math.min(earnedInviteCodesMax - unused, lived - before - made))
}
