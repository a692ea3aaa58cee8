/** The limits of the protocol itself. A lib's own limits stand in its own `limits.ts`. */

/** Bytes of one record's DRISL (https://atproto.com/specs/data-model#limits). */
export const recordBytesMax = 1_000_000

/** Bytes of the `blocks` of a #commit (https://atproto.com/specs/sync). */
export const commitBlocksBytesMax = 2_000_000

/** Writes in one applyWrites, and ops in one #commit. */
export const commitOpsMax = 200

/** Characters of `<collection>/<rkey>`. */
export const recordPathLengthMax = 1024
