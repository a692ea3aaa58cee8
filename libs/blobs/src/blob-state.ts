/** `blob.state`, as the commit statement flips it. */
export const blobStates = {
  /** Uploaded, or no longer referenced: `orphan_since` says since when. */
  unreferenced: 0,
  referenced: 1,
} as const
