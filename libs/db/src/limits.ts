/** Snapshots that one pool's readers may hold at once: fewer than `poolMin` connections. */
export const snapshotsMax = 8

/** Statements a connection keeps prepared, and uses of a text in one process from which on it is prepared. */
export const preparedStatementsMax = 300
export const preparedUsesMin = 3

/** Keys that one batched lookup takes, and queries of one kind of lookup that a process has in flight. */
export const lookupKeysMax = 256
export const lookupsInFlightMax = 2

/** How often a role that others change at the same time is tried. */
export const loginAttemptsMax = 50

/** How long a snapshot is held at most: Postgres cleans up nothing that was deleted after it was opened. */
export const snapshotMsMax = 30_000

/** Bytes of a COPY that are taken from the socket before somebody asks for them. */
export const copyAheadBytesMax = 262_144
