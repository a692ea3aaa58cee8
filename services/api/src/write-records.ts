import type { Actor } from '@heronry/accounts/actor'
import type { MemberCredentials } from '@heronry/auth/authenticator'
import { assertPermitted } from '@heronry/auth/permissions'
import { assertReferences } from '@heronry/blobs/assert-references'
import { cidString } from '@heronry/core/cid'
import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import type { ApplyResult, RepoEngine } from '@heronry/repo/engine'
import { prepareWrites } from '@heronry/repo/prepare-writes'
import type { CreateRequest, PreparedWrite, ReplaceRequest, WriteRequest } from '@heronry/repo/prepared-write'
import { assertOwnRepo } from './own-repo.ts'
import { recordUri } from './record-uri.ts'
import { swapDigest } from './swap-digest.ts'

export interface WriteDeps {
  db: Database
  engine: RepoEngine
  clock: Clock
}

/** Whose sessions write to a repo. */
export const mayWrite = {
  reach: 'standard',
  acceptNarrowed: true,
  refuseTakendown: true,
  refuseDeactivated: true,
} as const

export interface RepoWrite {
  session: MemberCredentials
  /** The `repo` parameter, which must name the same account. */
  repo: string
  writes: readonly WriteRequest[]
  validate?: boolean | undefined
  swapCommit?: string | undefined
  replaceDuplicates?: boolean
}

/**
 * What the four methods that write have in common: nothing is read before the writes are known to be sound, and all of them become
 * one commit or none. `records` has one for each write, null for a delete; `commit` is empty where nothing changed.
 */
export async function writeRecords({ db, engine, clock }: WriteDeps, write: RepoWrite) {
  const { session, validate, replaceDuplicates } = write
  const { actor } = session
  assertOwnRepo(actor, write.repo)
  for (const it of write.writes) assertWrite(session, it)
  const writes = prepareWrites({ writes: write.writes, validate, clock })
  const swapCommit = write.swapCommit === undefined ? undefined : swapDigest(write.swapCommit)
  await assertReferences(db, { actorId: actor.id, blobs: writes.flatMap(({ blobs }) => blobs) })
  const { commit } = await engine.apply({ actor, writes, swapCommit, replaceDuplicates })
  return { commit: commitBody(commit), records: writes.map((prepared) => recordBody(actor, prepared)) }
}

/** A put may create and may update. */
function assertWrite(session: MemberCredentials, { action, collection }: WriteRequest): void {
  const needed = action === 'put' ? (['create', 'update'] as const) : [action]
  for (const it of needed) assertPermitted(session, { repo: { action: it, collection } })
}

/** One record's answer: `uri`, `cid`, `commit?`, `validationStatus?`. */
export async function writeRecord(
  deps: WriteDeps,
  { write, ...rest }: Omit<RepoWrite, 'writes'> & { write: CreateRequest | ReplaceRequest },
) {
  const { commit, records } = await writeRecords(deps, { ...rest, writes: [write] })
  return { ...(records[0] as RecordBody), ...commit }
}

/** com.atproto.repo.defs#commitMeta */
function commitBody(commit: ApplyResult['commit']) {
  return commit === null ? {} : { commit: { cid: cidString(commit.cid), rev: commit.rev } }
}

export type RecordBody = NonNullable<ReturnType<typeof recordBody>>

function recordBody({ did }: Actor, { path, cid, validationStatus }: PreparedWrite) {
  if (cid === null) return null
  return { uri: recordUri(did, path), cid: cidString(cid), ...(validationStatus && { validationStatus }) }
}
