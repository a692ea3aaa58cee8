/** A frame as a subscriber got it; what it tells of is known by the digest of its bytes. */
export interface Frame {
  readonly seq: number
  readonly digest: string
  readonly edge: string
}

/** All that one subscriber got from the beginning of the firehose on, in the order of coming, whoever sent it. */
export interface History {
  readonly subscriber: string
  readonly frames: readonly Frame[]
  /** What it was told instead of events. */
  readonly refusals: readonly string[]
}

/** What a #commit says of its repo. */
export interface ToldCommit {
  readonly did: string
  readonly cid: string
  readonly rev: string
  readonly since: string | null
  readonly data: string
  readonly prevData: string | null
}

export interface Seen {
  /** CIDs of the commits that writers were told of. */
  readonly acknowledged: readonly string[]
  readonly histories: readonly History[]
  /** By digest; frames of other kinds are missing. */
  readonly commits: ReadonlyMap<string, ToldCommit>
}

export interface Fault {
  readonly kind: 'lost' | 'doubled' | 'reordered' | 'forked' | 'different bytes' | 'refused'
  readonly subscriber: string
  readonly what: string
}

/**
 * Everything that is wrong with what subscribers saw. Nothing is, where each of them got all that anybody got and every acknowledged
 * commit, once and in the same bytes, its seqs rise, and every repo's commits are one chain from the first.
 */
export function faultsIn({ acknowledged, histories, commits }: Seen): Fault[] {
  const truth = new Map<number, Frame>()
  for (const { frames } of histories) {
    for (const frame of frames) if (!truth.has(frame.seq)) truth.set(frame.seq, frame)
  }
  return histories.flatMap((history) => {
    const told = history.frames.flatMap(({ digest }) => commits.get(digest) ?? [])
    const found = [
      ...history.refusals.map((what) => ({ kind: 'refused' as const, what })),
      ...outOfOrder(history),
      ...otherThan(truth, history),
      ...notOnce(acknowledged, told),
      ...offChain(told),
    ]
    return found.map((fault) => ({ ...fault, subscriber: history.subscriber }))
  })
}

type Found = Omit<Fault, 'subscriber'>

function outOfOrder({ frames }: History): Found[] {
  return frames.flatMap(({ seq }, index) => {
    const before = frames[index - 1]
    return before !== undefined && before.seq >= seq
      ? [{ kind: 'reordered', what: `seq ${seq} after ${before.seq}` }]
      : []
  })
}

/** Seqs that somebody else got, and this one did not, or not so. */
function otherThan(truth: ReadonlyMap<number, Frame>, { frames }: History): Found[] {
  const own = new Set(frames.map(({ seq }) => seq))
  const lost = [...truth.keys()].filter((seq) => !own.has(seq))
  const different = frames.filter(({ seq, digest }) => truth.get(seq)?.digest !== digest)
  return [
    ...lost.map((seq) => ({ kind: 'lost' as const, what: `seq ${seq}` })),
    ...different.map(({ seq, edge }) => ({
      kind: 'different bytes' as const,
      what: `seq ${seq} from ${edge}, unlike ${truth.get(seq)?.edge}`,
    })),
  ]
}

function notOnce(acknowledged: readonly string[], told: readonly ToldCommit[]): Found[] {
  const once = new Set<string>()
  const twice: string[] = []
  for (const { cid } of told) {
    if (once.has(cid)) twice.push(cid)
    once.add(cid)
  }
  return [
    ...acknowledged.filter((cid) => !once.has(cid)).map((what) => ({ kind: 'lost' as const, what })),
    ...twice.map((what) => ({ kind: 'doubled' as const, what })),
  ]
}

/** Commits that do not stand on the one before them, which the first of a repo does on nothing. */
function offChain(told: readonly ToldCommit[]): Found[] {
  const heads = new Map<string, ToldCommit>()
  return told.flatMap((commit) => {
    const head = heads.get(commit.did)
    heads.set(commit.did, commit)
    const follows =
      commit.since === (head?.rev ?? null) &&
      commit.prevData === (head?.data ?? null) &&
      (head === undefined || commit.rev > head.rev)
    return follows ? [] : [{ kind: 'forked', what: `rev ${commit.rev} of ${commit.did} after ${head?.rev}` }]
  })
}
