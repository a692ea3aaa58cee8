/** What probably keeps a folder from being read or written, by the code that the system gives. */
export function diskLikely(error: unknown, folder: string): string {
  const { code } = (error ?? {}) as { code?: unknown }
  const known = typeof code === 'string' ? likely[code] : undefined
  return `${known ?? 'The system refused it for a reason of its own; the cause says more'} (${folder}, PDS_BLOBSTORE_DISK_LOCATION)`
}

const likely: Readonly<Record<string, string>> = {
  EACCES: 'The user that Heronry runs as may not read or write the folder',
  EPERM: 'The user that Heronry runs as may not read or write the folder',
  EROFS: 'The file system is mounted read-only',
  ENOSPC: 'The disk is full',
  EDQUOT: 'The disk quota of the user that Heronry runs as is used up',
  EMFILE: 'The process has no file handles left: raise its limit (ulimit -n)',
  ENFILE: 'The system has no file handles left',
  EXDEV: 'PDS_BLOBSTORE_DISK_TMP_LOCATION is on another file system: it must be on that of the folder',
  ENOTDIR: 'A part of the path is a file where there should be a folder',
  EIO: 'The disk is failing: see the log of the kernel',
}
