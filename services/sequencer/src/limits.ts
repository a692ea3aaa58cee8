/** Milliseconds between two stampings while events arrive. */
export const busyTickMs = 5

/** Milliseconds between two stampings, or two looks of an edge, when nothing happens. */
export const idleTickMs = 50

/** Hours in which events without a number are looked for when their age is shown. */
export const unstampedHours = 2

/** Milliseconds one stamping may take: long, because after an outage it numbers all that has gathered at once (5 s a million). */
export const stampMsMax = 60_000

/** How long a leader that has fallen silent is waited for. */
export const leaseTtlMs = 3_000

/** Milliseconds between two renewals of the leader's lease, and between two attempts of a candidate. */
export const leaseTurnMs = 1_000

/** Milliseconds until a leader whose connection was lost opens another. */
export const reconnectMs = 100

/** Seqs in one partition of `event_seq`; the two after the current always stand ready. */
export const eventSeqRangeSize = 5_000_000

/** Milliseconds between two looks of an edge into Postgres while chunks come to it: they show it a stream that has fallen silent. */
export const streamedLookMs = 500

/** Bytes and events of one chunk; an event that is larger than a chunk is one. */
export const chunkBytesMax = 512_000
export const chunkEventsMax = 256

/** Chunks that a leader has handed over and nobody has fetched yet. */
export const givenChunksMax = 32

/** Seqs that a leader publishes again after the newest of the stream; from further back edges read Postgres. */
export const republishedSeqsMax = 10_000

/** Bytes of its own entries that a leader leaves in the Redis stream: an edge that needs older ones reads Postgres. */
export const streamBytesMax = 32_000_000

/** Entries that somebody else has left there, which it leaves until its own have filled the stream. */
export const streamInheritedMax = 16

/** Bytes of chunks on their way to a Redis that is slow; what comes on top is left out, and edges read it from Postgres. */
export const streamAheadBytesMax = 8_000_000

/** Chunks asked of the stream at once, and those that an edge keeps while it reads Postgres. */
export const chunksReadMax = 8
export const chunksWaitingMax = 16

/** Bytes and events read from Postgres at once. One event more than the bytes allow may be read. */
export const pageBytesMax = 1_000_000
export const pageEventsMax = 1_000

/** Pages that replays read at once: more would take connections, and the memory of a page each. The others wait. */
export const replayReadsAtOnce = 4

/** A page that is kept is counted as no less, so that they are never too many to look through. */
export const replayPageBytesMin = 65_536

/**
 * The share of its time that an edge writes to subscribers, as long as that takes no longer pauses than `fanOutPauseMsMax`; and the share
 * that it takes at most.
 */
export const fanOutShare = 0.01
export const fanOutPauseMsMax = 20
export const fanOutShareMax = 0.4

/** Bytes of bodies with which a chunk of the ring is full; until then it takes what comes before somebody reads it. */
export const ringChunkBytes = 262_144

/** What an edge allows its ring and its subscribers. Tests set smaller ones. */
export interface EdgeLimits {
  /** Bytes of frames the ring holds. */
  readonly ringBytesMax: number
  /** Bytes of the encoded pages that are kept for replays. */
  readonly replayBytesMax: number
  /** Bytes that wait in a subscriber's socket before it is given no more. */
  readonly socketBytesMax: number
  /** Bytes a live subscriber may lie behind the head of its community's stream. */
  readonly backlogBytesMax: number
  /** Milliseconds a subscriber may take nothing while something waits for it. */
  readonly stallMsMax: number
  /** Milliseconds between two pings; a peer that answers none until the next is gone. */
  readonly pingIntervalMs: number
  /** Milliseconds a socket has for its closing handshake. */
  readonly closeMsMax: number
  /** Milliseconds between two sockets that are sent away when the process ends: less where all would take longer than `drainSpreadMs`. */
  readonly drainPaceMs: number
  readonly drainSpreadMs: number
  /** Milliseconds that those who were sent away last have for their closing handshake. All of it is less than `shutdownMsMax`. */
  readonly drainCloseMsMax: number
  /** Milliseconds between two looks at every subscriber. */
  readonly sweepIntervalMs: number
  /** Milliseconds for which a cursor that seems to be in the future waits for a leader that has verified its term. */
  readonly futureCursorWaitMs: number
}

export const edgeLimits: EdgeLimits = {
  ringBytesMax: 64_000_000,
  replayBytesMax: 64_000_000,
  socketBytesMax: 1_000_000,
  backlogBytesMax: 16_000_000,
  stallMsMax: 30_000,
  pingIntervalMs: 30_000,
  closeMsMax: 5_000,
  drainPaceMs: 10,
  drainSpreadMs: 4_000,
  drainCloseMsMax: 2_000,
  sweepIntervalMs: 1_000,
  futureCursorWaitMs: 15_000,
}

/**
 * How long a closing connection to Redis is waited for. ioredis waits for one that was cut before as well, and by default 2 s: so long
 * the process would not end.
 */
export const disconnectMsMax = 100

/** Bytes of events with which a segment of the archive is full. The last page it took may go beyond. */
export const segmentBytesFull = 8_000_000

/** Bytes of a segment, uncompressed: more is not read. */
export const segmentBytesMax = 32_000_000

/** Milliseconds that an event waits for its segment to be full; then it is archived in what there is. */
export const segmentAgeMsMax = 30 * 60_000

/** Milliseconds between two looks of the archiver. */
export const archiveTurnMs = 5_000

/** Milliseconds that events stay in Postgres where they are archived as well. */
export const archivedEventsMs = 6 * 3_600_000

/** Bytes of opened segments an edge keeps, and how many it opens at once. */
export const segmentCacheBytesMax = 128_000_000
export const segmentsOpenedAtOnce = 4

/** Milliseconds between two looks for what has become too old, and between two walks through the archive's objects. */
export const retentionTurnMs = 60_000
export const sweepTurnMs = 3_600_000

/** Milliseconds that writers may have to wait for the drop of a partition. */
export const dropLockMsMax = 100

/** Milliseconds that the look through a partition before its drop may take: nobody waits for it. */
export const dropMsMax = 10 * 60_000

/** Segments dropped in one transaction, and objects deleted at once. */
export const segmentsDroppedMax = 100

/** Milliseconds a witness has to answer, before the first stamp of a term: less than the lease, which nobody renews meanwhile. */
export const witnessAnswerMs = 2_000

/** How far beyond the last seq a witness is believed. */
export const witnessLeadMax = 1_000_000_000

/** Milliseconds between two attempts to hear the witnesses that could not be asked at the beginning of a term. */
export const witnessRetryMs = 60_000

/** Seqs left out after a doubt, beyond the last that any witness has seen: what nobody has witnessed lies within. */
export const seqMargin = 1_000_000

/** How far ahead of the clock lies the rev after which an account is announced again: the clocks of the house's machines differ by less. */
export const revLeadMs = 60_000

/** Milliseconds that numbering may take to be resumed; writers wait for it. */
export const resumeMsMax = 600_000

/** DIDs in one job that spreads them. */
export const reannouncedDidsMax = 500

/** Milliseconds a single question to Redis may take. */
export const redisQuestionMs = 1_500

/** DIDs the journal of the firehose holds, about 100 bytes each. */
export const journalDidsMax = 100_000

/** DIDs that its writer remembers of chunks; with more, it reads Postgres. */
export const journalHeardMax = 10_000

/** Milliseconds between two additions to the journal. */
export const journalEveryMs = 100

/** Seqs the journal's writer reads again; from further back it begins anew. */
export const journalCatchUpMax = 2_000_000

/** Milliseconds a relay has to answer one request. */
export const relayAnswerMs = 10_000

/** Relays asked as witnesses at the beginning of a term: those of the communities that were active last. */
export const relayWitnessesMax = 50

/** What the status shows of each: the newest. */
export const resumptionsShownMax = 10
export const lostAccountsShownMax = 1_000

/** Milliseconds between two requests to crawl one community at one relay, as at the reference server. */
export const crawlThrottleMs = 1_200_000

/** Waits of a request to crawl that was not taken: soon, and then as often as the window allows, for a day. */
export const crawlRetryDelaysMs: readonly number[] = [60_000, 300_000, ...Array(72).fill(crawlThrottleMs)]

/** A relay that was asked less than this ago is not asked again by a process that starts. */
export const startCrawlMs = 60_000

/** Milliseconds between two looks at whose crawl is due. */
export const crawlTurnMs = 10_000

/** Milliseconds between two checks of what the relays say. */
export const checkRelaysEveryMs = 300_000

/** Relays asked at the same time. */
export const relaysAskedAtOnce = 10

/** Milliseconds between two sweeps for events that were left without a number. */
export const sweepEveryMs = 60_000

/** An event that has waited longer was missed: transactions are cut long before. */
export const stragglerAgeMs = 60_000

/** Sweeps for which an event is looked at. */
export const sweepsKept = 5
