/** The Postgres channel on which a committed job announces its queue. */
export const wakeChannel = 'heronry_job'
