/** From the end of the drain delay to the end of the process, whatever still runs. */
export const shutdownMsMax = 8000

/** From the end of the drain delay until connections with a request in flight are closed. */
export const hangUpMsMax = 4000

/** How long readiness waits for Postgres. */
export const readyMsMax = 2000

/** Between two looks at a schema that is not there yet. */
export const schemaPollMs = 250

/** Connections of a task. */
export const taskPoolMax = 4
