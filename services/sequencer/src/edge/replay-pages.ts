import type { ActorId, CommunityId, Seq } from '@heronry/core/ids'
import type { CommunityMessages } from './community-messages.ts'
import type { CommunityRange, MessagePage } from './read-messages.ts'

export interface ReplayPagesOptions {
  /** Reads a page of what the ring no longer has. */
  readonly read: (range: CommunityRange) => Promise<MessagePage>
  readonly bytesMax: number
  readonly readAtOnce: number
  /** A page is counted as no less. */
  readonly pageBytesMin: number
}

/** What a subscriber who stands at `after` is given next, and where it stands then. */
export interface ReplayPage {
  readonly bytes: Buffer | undefined
  readonly upto: Seq
  readonly gap: boolean
}

interface KeptPage {
  readonly communityId: CommunityId
  readonly after: Seq
  readonly upto: Seq
  readonly messages: CommunityMessages
  readonly byteCount: number
}

/**
 * The pages that replays have read lately, encoded. Subscribers that replay the same hours share them, whatever their cursors: one that
 * stands within a page gets the rest of it, and from then on finds the pages of whoever came first.
 *
 * Invariant: a page that is kept holds every event of its community with after < seq <= upto, but what deletions have suppressed that this
 * process has heard of. Numbered events never change; a page is kept when it was full, and dropped when an actor of it is deleted. A
 * deletion that is heard while a page is being read may have come after its snapshot: such a page is not kept, and handed to nobody who
 * asks for it later.
 *
 * Invariant: it keeps at most `bytesMax` bytes, or one page; no more than `readAtOnce` are being read beside them, the others wait for
 * their turn. Pages may overlap, which costs memory and nothing else.
 */
export class ReplayPages {
  readonly #options: ReplayPagesOptions
  /** From the one that was longest unused to the newest. */
  readonly #kept = new Set<KeptPage>()
  readonly #reading = new Map<string, Promise<MessagePage>>()
  readonly #waiting: (() => void)[] = []
  #turns = 0
  #suppressions = 0
  #byteCount = 0

  constructor(options: ReplayPagesOptions) {
    this.#options = options
  }

  get byteCount(): number {
    return this.#byteCount
  }

  /** Throws what the reading throws; nothing is remembered of it. */
  async get(range: CommunityRange): Promise<ReplayPage> {
    const kept = this.#find(range)
    const { messages, upto, gap } = kept ?? (await this.#read(range))
    const bytes = messages?.after(range.after)
    return { bytes: bytes?.length === 0 ? undefined : bytes, upto, gap }
  }

  /** Has the page read that somebody will ask for soon. */
  readAhead(range: CommunityRange): void {
    // Who asks for it then finds out for itself what is wrong.
    if (this.#find(range) === undefined) this.#read(range).catch(() => {})
  }

  /** To be called when a deletion is heard, before anybody asks for another page. */
  suppress({ communityId, actorId, seq }: { communityId: CommunityId; actorId: ActorId; seq: Seq }): void {
    this.#suppressions++
    this.#reading.clear()
    for (const page of this.#kept) {
      if (page.communityId === communityId && page.messages.speaksOf({ actorId, before: seq }))
        this.#drop(page)
    }
  }

  /** To be called when deletions may have been missed. */
  clear(): void {
    this.#suppressions++
    this.#reading.clear()
    for (const page of this.#kept) this.#drop(page)
  }

  #find({ communityId, after }: CommunityRange): MessagePage | undefined {
    for (const page of this.#kept) {
      if (page.communityId !== communityId || page.after > after || page.upto <= after) continue
      this.#kept.delete(page)
      this.#kept.add(page)
      return { messages: page.messages, upto: page.upto, gap: false, isFull: true }
    }
    return undefined
  }

  #read(range: CommunityRange): Promise<MessagePage> {
    const key = `${range.communityId} ${range.after}`
    const begun = this.#reading.get(key)
    if (begun !== undefined) return begun
    const reading = this.#readInTurn(range).finally(() => {
      if (this.#reading.get(key) === reading) this.#reading.delete(key)
    })
    this.#reading.set(key, reading)
    return reading
  }

  async #readInTurn(range: CommunityRange): Promise<MessagePage> {
    if (this.#turns >= this.#options.readAtOnce)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#turns++
    try {
      const found = this.#find(range)
      if (found !== undefined) return found
      const heard = this.#suppressions
      const page = await this.#options.read(range)
      if (heard === this.#suppressions) this.#keep(range, page)
      return page
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#turns--
      else next()
    }
  }

  #keep({ communityId, after }: CommunityRange, { messages, upto, gap, isFull }: MessagePage): void {
    if (messages === undefined || gap || !isFull) return
    const byteCount = Math.max(messages.bytes.length, this.#options.pageBytesMin)
    this.#byteCount += byteCount
    const kept = { communityId, after, upto, messages, byteCount }
    this.#kept.add(kept)
    for (const oldest of this.#kept) {
      if (this.#byteCount <= this.#options.bytesMax || oldest === kept) break
      this.#drop(oldest)
    }
  }

  #drop(page: KeptPage): void {
    this.#kept.delete(page)
    this.#byteCount -= page.byteCount
  }
}
