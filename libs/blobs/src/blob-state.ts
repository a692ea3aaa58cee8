/**
 * `blob.state`, as the commit statement flips it: whether a record refers to the blob, and nothing else. Whether the world may see it is said
 * by columns of their own (`takedown_ref`, quarantine, scan), because references come and go while a blob is hidden.
 *
 * The commit statement refuses to refer to 2 ("being deleted"), which no row has: a row that is collected is deleted, and its object
 * becomes a doomed stray, in one statement.
 */
export const blobStates = {
  /** Uploaded and not yet referenced, or no longer: `orphan_since` says since when. */
  unreferenced: 0,
  referenced: 1,
} as const
