/** What one answer from another server may take, headers and body together. */
export const fetchTimeoutMs = 10_000

/** Bytes of such an answer's body. A DID document or a PLC operation has a few kilobytes. */
export const fetchBytesMax = 256 * 1024

/** A cached DID document is refreshed behind the back of whoever asks once it is older than this. */
export const didStaleMs = 60 * 60 * 1000

/** It is not used any more once it is older than this. */
export const didMaxAgeMs = 24 * 60 * 60 * 1000

/** Bytes (as JSON) of a document that is cached. Most have one kilobyte; whose is larger is fetched each time. */
export const cachedDocumentBytesMax = 8 * 1024

/** How deep lists and objects of a document may be nested; those of the specifications are four deep. */
export const documentDepthMax = 64

/** Bytes of a handle's well-known document: the longest DID has 2 KiB. */
export const wellKnownBytesMax = 4096

/** Redirects that are followed from a handle's well-known address. */
export const wellKnownRedirectsMax = 3

/** How often a name server is asked one question within its time. */
export const dnsTries = 2

/** Lines told of what an operation changes, and characters of each. */
export const changesMax = 20
export const changeLengthMax = 300
