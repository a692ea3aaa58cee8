/** How long a job may wait between being handed out and its handler's start; then it is handed out again. */
export const dispatchLeaseMs = 10_000

/** How long a started job stays with a worker that says nothing more: what a killed worker held is started elsewhere after it. */
export const runLeaseMs = 30_000

/** How often a worker that runs a job says so. */
export const renewEveryMs = 10_000

/** How often an idle worker looks for due jobs: one probe of job_outbox_due. */
export const pollEveryMs = 250

/** Jobs of one queue that a process runs at once. */
export const concurrencyDefault = 8

/** An attempt that takes longer has failed. */
export const attemptTimeoutMs = 60_000

/** Waits before the second, third … attempt; after the last one the job is dead. Each is spread by a fifth both ways. */
export const retryDelaysMs: readonly number[] = [30_000, 120_000, 600_000, 3_600_000, 14_400_000, 43_200_000]

/** How long a stopping worker waits for its handlers before it aborts them, and then for them to obey. */
export const stopGraceMs = 5000
export const abortGraceMs = 1000

/** A call to Redis that takes longer has failed: the rows are leased again. */
export const redisTimeoutMs = 2000

/**
 * How long a closing connection to Redis is waited for. ioredis waits for one that was cut before as well, and by default 2 s: so long
 * the process would not end.
 */
export const disconnectMsMax = 100

/** Characters kept of why an attempt failed. */
export const errorTextLengthMax = 500

/** How long the row of a done job (its payload blanked) and of a dead one (its payload kept, for a retry by hand) is kept. */
export const doneRetentionMs = 24 * 3_600_000
export const deadRetentionMs = 30 * 24 * 3_600_000

/** How often rows past their retention are deleted, and how many at most in one statement. */
export const purgeEveryMs = 600_000
export const purgeRowsMax = 5000
