/** The limits of the protocol itself, and what two libs must agree on. A lib's own limits stand in its own `limits.ts`. */

/** Bytes of one record's DRISL (https://atproto.com/specs/data-model#limits). */
export const recordBytesMax = 1_000_000

/** Bytes of the `blocks` of a #commit (https://atproto.com/specs/sync). */
export const commitBlocksBytesMax = 2_000_000

/** Writes in one applyWrites, and ops in one #commit. */
export const commitOpsMax = 200

/** Connections of the smallest pool that may be configured: room for every snapshot (libs/db), and for writes beside them. */
export const poolMin = 12
