/** Rows of one page of an export. */
export const exportPageRowsMax = 500

/** Bytes of values or nodes after which a page of an export ends: with the row that crosses it, what is in memory at once. */
export const exportPageBytesMax = 1_048_576

/** Bytes handed to the socket at once. */
export const exportChunkBytes = 65_536

/** How long one export may take, however slowly it is read: its snapshot keeps Postgres from cleaning up. */
export const exportMsMax = 600_000

/** CIDs in one request for blocks: more than fit into the query string of a sane client. */
export const blockCidsMax = 500

/** Bytes of the records in one answer to a request for blocks, which is built in memory. */
export const blockBytesMax = 8_388_608

/** How often a proof is read again because a commit came in between. */
export const proofAttemptsMax = 5

/** What a report on a damaged repo lists: enough to see what happened, whatever the damage. */
export const repoProblemsMax = 100
