/** Bytes of a CAR's header: it has one root, which takes 59 of them. */
export const carHeaderBytesMax = 1024

/** Bytes of one block: a record of `recordBytesMax`, or a node of `nodeKeysMax` keys, each as long as a key may be. */
export const carBlockBytesMax = 1_048_576

/** How far ahead of our clock the revision of an imported commit may be. */
export const revAheadMsMax = 5 * 60 * 1000

/** Bytes of rows that one COPY stages: what an upload has in memory. */
export const stagedPieceBytesMax = 1024 * 1024

/** Nodes that one query of the walk loads, while few of what they hold wait, and where many do. */
export const walkedNodesMax = 512
export const walkedNodesMin = 16

/** Links and records that wait in a walk before it loads fewer nodes at a time. */
export const walkPendingMax = 20_000

/** Records, and bytes of theirs, that one transaction of an import writes. */
export const importPageRecords = 500
export const importPageBytes = 4 * 1024 * 1024

/** Bytes up to which a CAR is worked on by the process that received it; larger ones are left to the workers of the queue `imports`. */
export const requestImportBytesMax = 64 * 1024 * 1024

/** Uploads that one process receives at once, and imports that it works on. */
export const importUploadsMax = 64
export const importsAtOnceMax = 2

/** How long an import may take; what is left of it by then is taken away. */
export const importMsMax = 6 * 60 * 60 * 1000

/** How often a request that awaits a worker looks whether it is done. */
export const importPollMs = 250

/** When an import of a community that has its share is tried again. */
export const importDeferMs = 1000

/** Staged blocks that one statement deletes. */
export const unstageRowsMax = 10_000

/** Waits before a worker tries an import again that has failed by no fault of its CAR. */
export const importRetryDelaysMs: readonly number[] = [1_000, 10_000, 60_000, 600_000]
