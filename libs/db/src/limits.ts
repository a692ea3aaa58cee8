/** Snapshots that one pool's readers may hold at once: fewer than `poolMin` connections. */
export const snapshotsMax = 8

/** How often a role that others change at the same time is tried. */
export const loginAttemptsMax = 50
