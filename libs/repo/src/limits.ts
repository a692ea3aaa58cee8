/** Levels of objects and arrays in a record. Deeper ones would exhaust the stack of whoever decodes them. */
export const recordDepthMax = 64

/** Keys of an object up to which a record goes to the faster encoder, whose time grows with their square. */
export const plainKeysMax = 64

/** Blobs one record may refer to. */
export const recordBlobsMax = 1_000

/** Memory of a process's partial trees, unless configured. */
export const treeCacheBytesMax = 256 * 1024 * 1024

/** Memory of one repo's partial tree; a larger one is dropped and loaded again, one path at a time. */
export const repoTreeBytesMax = 1024 * 1024

/** Turns of a repo after which its partial tree is measured again. */
export const treeMeasureTurns = 8

/** Requests of one repo that become a chain of commits in one statement. */
export const chainCommitsMax = 32

/** Requests of one repo, and bytes of their records, that wait in one process; the next is answered ServiceUnavailable. */
export const repoQueueMax = 1_000
export const repoQueueBytesMax = 32 * 1024 * 1024

/** What one statement carries; a single commit that is larger goes alone. */
export const batchReposMax = 64
export const batchCommitsMax = 256
export const batchBytesMax = 4 * 1024 * 1024

/** Statements a process has in flight, and chains that must wait for each that is before the next is opened. */
export const lanesMax = 3
export const laneChainsMin = 8

/** How long a write is tried again after it lost the swap to another process, and the wait in between. */
export const commitRetryMsMax = 5_000
export const commitRetryWaitMsMin = 2
export const commitRetryWaitMsMax = 40

/** Earlier likes, follows, reposts or blocks of one subject that a new one replaces. */
export const duplicatesReplacedMax = 50

/** Rows one statement of a rebuild writes, and records one query of it reads. */
export const rebuildPageMax = 2_000

/** Records one query of a rebuilt repo reads, each with its value, and one transaction copies. */
export const rebuildRecordsMax = 100

/** Records of each store that one query of a rebuild compares: the fewer queries, the shorter the lock of the last comparison. */
export const comparedRecordsMax = 20_000

/** How often a rebuild catches up with the writes that go on, before the last time under the row lock. */
export const rebuildPasses = 2

/** How often a rebuild begins anew because the repo has got another store meanwhile. */
export const rebuildAttemptsMax = 5

/** How long a rebuild may take; what it has filled by then is dropped. */
export const rebuildMsMax = 6 * 60 * 60 * 1000

/** Rows one statement deletes of a store that is dropped. */
export const dropRowsMax = 2_000

/** How long a store that no repo has any more is kept for those who are still reading it. */
export const storeDropDelayMs = 10 * 60 * 1000
