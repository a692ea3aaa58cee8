/** Bytes of an answer, decoded, that what was just written is put into; a larger one is passed on as it came. */
export const mendedBytesMax = 4 * 1024 * 1024

/** How long that may take, with what is asked of the AppView for it. */
export const mendMsMax = 3_000
