/** From the end of a process's work until spans that were not taken are given up. */
export const exportFlushMsMax = 1500

/** How long a scrape waits for a value that is read from elsewhere; the metric is left out then. */
export const gaugeReadMsMax = 1000

/** Series of one counter or histogram; what comes after them is counted as `other`. */
export const seriesMax = 1000

/** Characters of log lines that wait for the end of the turn they were written in. */
export const logBufferCharsMax = 8_192
