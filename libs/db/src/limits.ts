/** Snapshots that one pool's readers may hold at once; the smallest pool that may be configured is larger. */
export const snapshotsMax = 8

/** Connections the smallest pool has. */
export const poolMin = 12

/** How long a snapshot is held at most: Postgres cleans up nothing that was deleted after it was opened. */
export const snapshotMsMax = 30_000
