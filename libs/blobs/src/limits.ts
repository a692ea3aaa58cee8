/** A whole upload, from its first byte to the stored object. */
export const uploadTimeoutMs = 10 * 60_000

/** After this an upload's stray object belongs to nobody: its process is dead. Longer than uploadTimeoutMs. */
export const uploadGraceMs = 60 * 60_000

/** How long a blob is kept from its upload on, whether a record refers to it or not: a client uploads first and writes its record later. */
export const temporaryGraceMs = 6 * 3_600_000

/** How long one is kept when its last reference is gone: a record that is written anew may still name it. */
export const dereferencedGraceMs = 3_600_000

/** Bytes looked at to tell a blob's type: a picture may open with a colour profile of some thousand bytes. */
export const sniffBytesMax = 65_536

/** Characters of a declared MIME type. */
export const mimeLengthMax = 255

/** Rows one step of the collection takes. */
export const collectRowsMax = 500

/** How often blobs without references are collected. */
export const collectEveryMs = 10 * 60_000

/** How often the bucket and the rows are compared, and how long one comparison may take; it goes on where it stopped. */
export const reconcileEveryMs = 24 * 3_600_000
export const reconcileTimeoutMs = 6 * 3_600_000

/** Objects, or actors, of one step of it. */
export const reconcilePageSize = 500

/** An object that is younger may belong to a row that is not committed yet, or was restored a moment ago. */
export const strayAgeMs = 48 * 3_600_000

/** Strays that a nightly run takes away. More of them are no crash's: another database may be told of this bucket. */
export const straysPerRunMax = 1000

/** Lost blobs that one run tells of by name; the rest is counted. */
export const lostNamedMax = 100

/** Runs of it that are remembered. */
export const reconcileRunsKept = 30

/** Rows that a search for blocked digests looks at in one statement. */
export const searchRowsMax = 10_000

/** Digests that are added or taken at once. */
export const blocksPerCallMax = 500

/** When a search for blocked digests is repeated: uploads that were under way have ended. Longer than uploadTimeoutMs. */
export const searchAgainMs = 15 * 60_000

/** The wait before a scanner that did not answer is asked again: the first, doubled each time, and the longest. */
export const scanRetryMinMs = 5000
export const scanRetryMaxMs = 15 * 60_000

/** Characters of what a scanner says of a blob. */
export const scanReasonCharsMax = 200

/** What a probe may read of one blob, and in how many pieces. */
export const probeBytesMax = 4 * 1024 * 1024
export const probeReadsMax = 64

/** Bytes read from a disk at once, for each download: four of the system's calls a megabyte instead of sixteen take a third of the CPU away. */
export const diskReadBytes = 262_144

/** Bytes that wait to be written to a disk, for each upload: what has come meanwhile is written in one call. */
export const diskWriteBytes = 524_288

/** One request to S3: until it is connected, and until it answers. */
export const s3ConnectTimeoutMs = 5000
export const s3RequestTimeoutMs = 15_000

/** How long S3 may take over one piece of an upload, tries again included. */
export const s3UploadTimeoutMs = 20_000

/** How often a request to S3 is tried. */
export const s3AttemptsMax = 3

/** Connections to S3: every download that is under way has one. */
export const s3SocketsMax = 1000

/** Bytes of one part of an upload to S3 (S3's own minimum): what a larger upload holds in memory. */
export const s3PartBytes = 5 * 1024 * 1024

/** What a smaller one holds. */
export const s3SmallBytes = 1024 * 1024

/** Keys of one DeleteObjects (S3's own limit). */
export const deleteKeysMax = 1000
