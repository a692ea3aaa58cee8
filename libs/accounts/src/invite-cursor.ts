import { HeronryError } from '@heronry/core/error'

/** Where a page of invite codes ended: `<milliseconds or uses>::<code>` on the wire. */
export function inviteCursor(position: number, code: string): string {
  return `${position}::${code}`
}

/** Throws `InvalidRequest`. */
export function parseInviteCursor(cursor: string): { position: number; code: string } {
  const [, position, code] = /^(\d{1,16})::([\w-]{1,300})$/.exec(cursor) ?? []
  if (position === undefined || code === undefined || Number(position) > latestMs) {
    throw new HeronryError('InvalidRequest', 'Malformed cursor')
  }
  return { position: Number(position), code }
}

/** The end of the year 9999: what is later has another text form, which Postgres does not read. */
const latestMs = 253_402_300_799_999
