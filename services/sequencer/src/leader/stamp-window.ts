/**
 * Which hours of `event` a stamping must look through.
 *
 * Invariant: every event that the snapshot in `seq_state` does not show is, or will be, of the hour `from` or a later one. For an event gets
 * its hour after its transaction has drawn its xid (migration 0007). Transactions with an xid from some snapshot's xmax on drew it after that
 * snapshot, so they insert into no hour before the one in which it was taken; and once none with a lower xid runs, there are no others.
 */
export interface StampWindow {
  /** Null: not known, look everywhere. */
  readonly from: number | null
  /** The hour of the database's clock when it was last looked at. */
  readonly latest: number
  /** A later `from`, which is true of the transactions whose xid is `xmax` or greater. */
  readonly next: { readonly hour: number; readonly xmax: bigint } | null
  /** Nothing hinders `next` but that the snapshot in `seq_state` is older than what was seen last. */
  readonly ripe: boolean
}

/** What a stamping saw: the hour when it began, the bounds of its snapshot, and whether this is now the one in `seq_state`. */
export interface Sight {
  readonly hour: number
  readonly xmin: bigint
  readonly xmax: bigint
  readonly stored: boolean
}

export function windowAfter(before: StampWindow | undefined, sight: Sight): StampWindow {
  const { hour, xmin, xmax, stored } = sight
  const { from, next } = before ?? { from: null, next: null }
  const ripe = next !== null && xmin >= next.xmax
  if (ripe && stored) return { from: next.hour, latest: hour, next: null, ripe: false }
  if (next === null && from !== hour) return { from, latest: hour, next: { hour, xmax }, ripe: false }
  return { from, latest: hour, next, ripe }
}

/** The hours to look through: one before `from`, for a clock that was set back, to one after the latest; null where they are not known. */
export function hoursOf({ from, latest }: Pick<StampWindow, 'from' | 'latest'>): number[] | null {
  if (from === null || latest - from >= windowHoursMax) return null
  return Array.from({ length: latest - from + 3 }, (_, index) => from - 1 + index)
}

/** By so many hours may `from` lie behind the latest: for as long as an hour turns. */
const windowHoursMax = 2
