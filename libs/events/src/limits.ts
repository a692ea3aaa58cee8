/** Bytes of one frame on the wire, header and body (https://atproto.com/specs/event-stream). */
export const frameBytesMax = 5_000_000

/** Bytes of the `blocks` of a #sync: the commit block alone (lexicon com.atproto.sync.subscribeRepos#sync). */
export const syncBlocksBytesMax = 10_000

/** Hours for which partitions of `event` stand ready, counted from the current one. */
export const partitionHoursAhead = 48

/** Bytes of a body that name its subject at most: the key, the text's head, and the longest DID there is (2048). */
export const subjectBytesMax = 2_056
