/** A whole upload, from its first byte to the stored object. */
export const uploadTimeoutMs = 10 * 60_000

/** After this an upload's stray object belongs to nobody: its process is dead. Longer than uploadTimeoutMs. */
export const uploadGraceMs = 60 * 60_000

/** How long a blob may be without a reference before it is collected: a client uploads first and writes its record later. */
export const orphanGraceMs = 6 * 3_600_000

/** Bytes looked at to tell a blob's type: a picture may open with a colour profile of some thousand bytes. */
export const sniffBytesMax = 65_536

/** Characters of a declared MIME type. */
export const mimeLengthMax = 255

/** Rows one step of the collection takes. */
export const collectRowsMax = 500

/** How often blobs without references are collected. */
export const collectEveryMs = 10 * 60_000

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
