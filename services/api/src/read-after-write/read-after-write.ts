import type { IncomingHttpHeaders } from 'node:http'
import { isValidTid } from '@atproto/syntax'
import type { Actor } from '@heronry/accounts/actor'
import type { Community } from '@heronry/communities/community'
import type { Rev } from '@heronry/core/rev'
import { sleep } from '@heronry/core/sleep'
import { findRepo, type RepoHead } from '@heronry/repo/find-repo'
import type { CatchAllCall } from '@heronry/xrpc/catch-all'
import { askJson } from '../proxy/ask-json.ts'
import { type Collected, isJson } from '../proxy/collected-body.ts'
import type { Mended, Mending } from '../proxy/pass-on.ts'
import { audienceOf, proxyToken, type TokenDeps } from '../proxy/proxy-token.ts'
import type { Upstream } from '../proxy/upstream.ts'
import { decoded } from '../proxy/upstream-error.ts'
import type { Upstreams } from '../proxy/upstreams.ts'
import { readRecord } from '../read-hosted.ts'
import { mapOf, recordJson } from './json.ts'
import { mendedBytesMax, mendMsMax } from './limits.ts'
import { type LocalRecords, localRecords, profilePath } from './local-records.ts'
import { LocalViewer } from './local-viewer.ts'
import { mends, threadNotFound } from './mend-answer.ts'

export interface ReadAfterWriteDeps extends TokenDeps {
  readonly upstreams: Upstreams
}

interface ReadCall {
  readonly call: CatchAllCall
  readonly actor: Actor
  readonly upstream: Upstream
  readonly caller: string
}

/**
 * How an answer of the AppView's is made to show what the member has written and the AppView has not read yet; undefined for what shows nothing
 * of that kind.
 *
 * Invariant: an answer is collected only where the AppView says that it is behind; any other streams through. What goes wrong here is told to the
 * log, and the answer is given as it came.
 */
export async function readAfterWrite(deps: ReadAfterWriteDeps, read: ReadCall): Promise<Mending | undefined> {
  const { call, actor, upstream } = read
  if (upstream.kind !== 'appview' || call.req.method !== 'GET' || !mends.has(call.nsid)) return undefined
  // What is committed by now is what the member was told of.
  const repo = await findRepo(deps.db, actor.id)
  if (repo === undefined) return undefined
  const isBehind = (headers: IncomingHttpHeaders) => (knownRev(headers) ?? repo.rev) < repo.rev
  return {
    collects: (headers) => isJson(headers) && isBehind(headers),
    async mended(end) {
      if (!isJson(end.headers) || !isBehind(end.headers)) return undefined
      try {
        return await withinTime(mend(deps, { ...read, repo, end }))
      } catch (error) {
        call.log.warn({ err: error, nsid: call.nsid }, 'an answer is passed on without what was just written')
        return undefined
      }
    },
  }
}

/** How far the AppView has read the member's repo. */
function knownRev({ 'atproto-repo-rev': rev }: IncomingHttpHeaders): Rev | undefined {
  return typeof rev === 'string' && isValidTid(rev) ? (rev as Rev) : undefined
}

async function withinTime<T>(mending: Promise<T>): Promise<T> {
  const ended = new AbortController()
  const late = sleep(mendMsMax, ended.signal).then(() => {
    throw new Error('It takes too long')
  })
  return await Promise.race([mending, late]).finally(() => ended.abort())
}

async function mend(
  deps: ReadAfterWriteDeps,
  { repo, end, ...read }: ReadCall & { repo: RepoHead; end: Collected },
): Promise<Mended | undefined> {
  const { call, actor } = read
  const rev = knownRev(end.headers) as Rev
  const local = await localRecords(deps.db, { did: actor.did, storeId: repo.storeId, rev })
  if (local === undefined) return undefined
  const viewer = viewerOf(deps, read, local)
  const params = new URLSearchParams((call.req.raw.url ?? '').split('?')[1])
  const answer = mapOf(JSON.parse((await decoded(end, mendedBytesMax)).toString('utf8')))
  const mended =
    end.status < 300
      ? await mends.get(call.nsid)?.(viewer, { answer, params, local })
      : call.nsid === 'app.bsky.feed.getPostThread' && answer['error'] === 'NotFound'
        ? await threadNotFound(viewer, { params, local })
        : undefined
  if (mended === undefined) return undefined
  return { body: Buffer.from(JSON.stringify(mended)), lagMs: Math.max(0, deps.clock.now() - local.oldestAt) }
}

function viewerOf(
  deps: ReadAfterWriteDeps,
  { call, actor, upstream, caller }: ReadCall,
  { profile }: LocalRecords,
): LocalViewer {
  const { community, reply } = call
  return new LocalViewer({
    actor,
    community,
    readProfile: async () => profile?.value ?? (await storedProfile(deps, { actor, community })),
    ask: async (nsid, params) => {
      const audience = audienceOf(community, upstream)
      const token = await proxyToken(deps, { actor, audience, lxm: nsid })
      const path = `/xrpc/${nsid}?${new URLSearchParams(params)}`
      const json = await askJson(deps.upstreams, { upstream, caller, client: reply.raw, path, token })
      return JSON.parse(json.toString('utf8'))
    },
  })
}

async function storedProfile(
  { db }: TokenDeps,
  { actor, community }: { actor: Actor; community: Community },
) {
  const asked = { communityId: community.id, didOrHandle: actor.did, path: profilePath }
  const value = (await readRecord(db, asked))?.row.value
  return value ? recordJson(value) : undefined
}
