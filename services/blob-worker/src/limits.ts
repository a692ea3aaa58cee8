/** One probe's time: whoever makes it turn in circles costs us no more. */
export const probeTimeoutMs = 5000

/** Until the process that probes is there. */
export const probeStartMs = 30_000

/** The heap of the process that probes. */
export const probeHeapMb = 48

/** First bytes of a picture: its size stands behind its colour profile and its metadata. */
export const pictureHeadBytes = 512 * 1024

/** More a side is no picture, whatever it says. */
export const pictureSideMax = 1_000_000

/** Boxes that are looked at on one level of a film, and bytes of the index of its tracks that are read. */
export const filmBoxesMax = 32
export const filmIndexBytesMax = 1024 * 1024

/** Longer is no film, whatever it says: a year. */
export const filmDurationMsMax = 366 * 24 * 3_600_000

/** How long the scanner may take over one blob, and what it may answer. */
export const scanTimeoutMs = 60_000
export const scanAnswerBytesMax = 16_384

/** Damaged blobs that a task names; it counts all of them. */
export const namedBlobsMax = 100
