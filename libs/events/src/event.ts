import type { Digest } from '@heronry/core/cid'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { Handle } from '@heronry/core/handle'
import { commitBlocksBytesMax, commitOpsMax } from '@heronry/core/limits'
import type { Rev } from '@heronry/core/rev'
import { syncBlocksBytesMax } from './limits.ts'
import { bytes, link, type MessageMap, messageBody } from './message-body.ts'

/**
 * The messages of com.atproto.sync.subscribeRepos that carry a seq, by the number `event.kind` stores. A deletion is an #account
 * whose status is deleted: the sequencer tells it by its kind, without reading the body, and suppresses what the actor said before.
 */
export const eventKinds = { commit: 1, sync: 2, identity: 3, account: 4, deletion: 5 } as const

export type EventKind = (typeof eventKinds)[keyof typeof eventKinds]

/** A firehose message that waits for its number: DRISL with the value of `seq` left out at byte `seqAt`. */
export interface EventBody {
  readonly kind: EventKind
  readonly seqAt: number
  readonly body: Uint8Array
}

export interface CommitOp {
  readonly action: 'create' | 'update' | 'delete'
  /** `<collection>/<rkey>` */
  readonly path: string
  /** Null where the record is deleted. */
  readonly cid: Digest | null
  /** The record's CID before: of an update or a delete. */
  readonly prev?: Digest
}

export interface CommitMessage {
  readonly did: Did
  readonly commit: Digest
  readonly rev: Rev
  /** The rev before; null at genesis. */
  readonly since: Rev | null
  /** The tree's root before; null at genesis, where the key is left out. */
  readonly prevData: Digest | null
  readonly ops: readonly CommitOp[]
  /** CAR v1, rooted in the commit. */
  readonly blocks: Uint8Array
  readonly time: Date
}

/** A #commit. Throws `InvalidRequest` past 200 ops or 2,000,000 bytes of CAR: the request asked for too much at once. */
export function commitEvent(message: CommitMessage): EventBody {
  const { did, commit, rev, since, prevData, ops, blocks, time } = message
  if (ops.length > commitOpsMax) {
    throw new HeronryError('InvalidRequest', `Too many writes. Max: ${commitOpsMax}`)
  }
  if (blocks.length > commitBlocksBytesMax) {
    throw new HeronryError('InvalidRequest', 'Too many writes. Max event size: 2MB')
  }
  const before = { ops: ops.map(messageOp), rev }
  const after = {
    repo: did,
    time: time.toISOString(),
    blobs: [],
    since,
    blocks: bytes(blocks),
    commit: link(commit),
    rebase: false,
    tooBig: false,
    ...(prevData !== null && { prevData: link(prevData) }),
  }
  return { kind: eventKinds.commit, ...messageBody({ before, after }) }
}

function messageOp({ action, path, cid, prev }: CommitOp): MessageMap {
  return {
    action,
    path,
    cid: cid === null ? null : link(cid),
    ...(prev !== undefined && { prev: link(prev) }),
  }
}

export interface SyncMessage {
  readonly did: Did
  readonly rev: Rev
  /** CAR v1, rooted in the commit, with its block alone. */
  readonly blocks: Uint8Array
  readonly time: Date
}

/** A #sync: where the repo stands, whatever a consumer believed before. */
export function syncEvent({ did, rev, blocks, time }: SyncMessage): EventBody {
  if (blocks.length > syncBlocksBytesMax) throw new Error(`A #sync of ${blocks.length} bytes of blocks`)
  const after = { time: time.toISOString(), blocks: bytes(blocks) }
  return { kind: eventKinds.sync, ...messageBody({ before: { did, rev }, after }) }
}

export interface IdentityMessage {
  readonly did: Did
  readonly handle?: Handle | undefined
  readonly time: Date
}

/** An #identity: a prod to refresh what is cached of the DID and its handle. */
export function identityEvent({ did, handle, time }: IdentityMessage): EventBody {
  const after = { time: time.toISOString(), ...(handle !== undefined && { handle }) }
  return { kind: eventKinds.identity, ...messageBody({ before: { did }, after }) }
}

export interface AccountMessage {
  readonly did: Did
  readonly active: boolean
  /** Why it is not active; never with an active account. */
  readonly status?: 'deactivated' | 'deleted' | 'suspended' | 'takendown' | undefined
  readonly time: Date
}

/** An #account: whether this host serves the account's repo. */
export function accountEvent({ did, active, status, time }: AccountMessage): EventBody {
  if (active && status !== undefined) throw new Error(`An active account of status ${status}`)
  const after = { time: time.toISOString(), active, ...(status !== undefined && { status }) }
  const kind = status === 'deleted' ? eventKinds.deletion : eventKinds.account
  return { kind, ...messageBody({ before: { did }, after }) }
}
