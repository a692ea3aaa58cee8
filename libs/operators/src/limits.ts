/** Partitions made beforehand: so long no process need run for the next act to find its month. */
export const auditMonthsAhead = 3

/** Characters of a subject; a DID has at most 2048. */
export const auditSubjectCharsMax = 2048

/** Bytes of a subject, which is in an index: Postgres has no entry of more than 2704. */
export const auditSubjectBytesMax = 2600

/** Characters of a reason. What is longer is cut off. */
export const auditReasonCharsMax = 2000

/** Characters of an address: a proxy may forward anything. */
export const auditAddressCharsMax = 64
