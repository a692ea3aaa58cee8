/** Exports that one address may read at once; a relay that catches up reads many. */
export const exportsPerAddressMax = 32

/** Exports that this process serves at once: what waits in memory of each is bounded (libs/repo), of all by this. */
export const exportsMax = 128

/** How long a URL of the bucket is good for that a client is sent to. */
export const presignedSeconds = 300

/** Large imports that this process works on at once: a pool of their own, beside which all other jobs go on. */
export const importJobsMax = 2

/** Bytes and levels of a record up to which it is written as JSON without being decoded. */
export const plainValueBytesMax = 65_536
export const plainDepthMax = 32

/** Preferences that are put at once, and decoded bytes of the body that brings them. */
export const preferencesMax = 1_000
export const preferencesBytesMax = 150 * 1024
