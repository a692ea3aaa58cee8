/** Exports that one address may read at once; a relay that catches up reads many. */
export const exportsPerAddressMax = 32

/** Exports that this process serves at once: what waits in memory of each is bounded (libs/repo), of all by this. */
export const exportsMax = 128

/** Bytes and levels of a record up to which it is written as JSON without being decoded. */
export const plainValueBytesMax = 65_536
export const plainDepthMax = 32

/** Preferences that are put at once, and decoded bytes of the body that brings them. */
export const preferencesMax = 1_000
export const preferencesBytesMax = 150 * 1024
