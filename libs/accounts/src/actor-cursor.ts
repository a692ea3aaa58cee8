import { HeronryError } from '@heronry/core/error'

/** Where a page of a community's actors ended: `<milliseconds>::<did>` on the wire. */
export interface ActorCursor {
  readonly createdAt: Date
  readonly did: string
}

export function actorCursor({ createdAt, did }: ActorCursor): string {
  return `${createdAt.getTime()}::${did}`
}

/** Throws `InvalidRequest`. */
export function parseActorCursor(cursor: string): ActorCursor {
  const [, ms, did] = /^(\d{1,16})::([\x21-\x7e]{1,2048})$/.exec(cursor) ?? []
  if (ms === undefined || did === undefined || Number(ms) > latestMs) {
    throw new HeronryError('InvalidRequest', 'Malformed cursor')
  }
  return { createdAt: new Date(Number(ms)), did }
}

/** The end of the year 9999: what is later has another text form, which Postgres does not read. */
const latestMs = 253_402_300_799_999
