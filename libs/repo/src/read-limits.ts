import { nodeKeysMax } from '@heronry/mst/limits'

/** Rows of one page of an export. */
export const exportPageRowsMax = 500

/** Bytes of values or nodes after which a page of an export ends: with the row that crosses it, what is in memory at once. */
export const exportPageBytesMax = 1_048_576

/** Bytes of an export handed to the socket at once. */
export const exportChunkBytes = 131_072

/** Bytes of the records of one leaf that an export keeps until the leaf is known; beyond, it asks for the leaf's keys. */
export const exportLeafBytesMax = 4_194_304

/** Bytes of an export that wait in memory for its reader; what does not fit waits in Postgres, or in a file. */
export const exportBufferBytesMax = 524_288

/** How long an export's snapshot waits for its reader, all its waits together; then the rest goes into a file. */
export const exportPatienceMs = 2_000

/** How long an export waits for its turn, where as many as may be are reading from Postgres. */
export const exportTurnMsMax = 30_000

/** Bytes of one export in a file. */
export const spoolBytesMax = 2 * 1024 ** 3

/** Bytes of all exports of this process in files. */
export const spoolsBytesMax = 8 * 1024 ** 3

/** How long one export may take, however slowly it is read. */
export const exportMsMax = 600_000

/** CIDs in one request for blocks: more than fit into the query string of a sane client. */
export const blockCidsMax = 500

/** Bytes of the records in one answer to a request for blocks, which is built in memory. */
export const blockBytesMax = 8_388_608

/** How often a proof is read again because a commit came in between. */
export const proofAttemptsMax = 5

/** What a report on a damaged repo lists: enough to see what happened, whatever the damage. */
export const repoProblemsMax = 100

/** Keys that are read of one leaf. Where nodes are damaged, a leaf may seem to hold half the repo: then it is none of ours. */
export const leafKeysMax = 2 * nodeKeysMax

/** Bytes of a record up to which it is read together with its page. */
export const pageValueBytesMax = 16_384

/** Pages of records that one statement reads: each may have a hundred records of a megabyte. */
export const pagesTogetherMax = 16

/** Records of a repo whose leaves are counted for its owner: a second of one core. */
export const exactCountRecordsMax = 250_000

/** What is looked at for what is newer than a rev: records at either end of a range, those of them that are read, and bytes of each. */
export const sinceLooksMax = 50
export const sinceRecordsMax = 10
export const sinceBytesMax = 65_536
