import { FilledRepos } from '../load/filled-repos.ts'
import { applyWrites } from './apply-writes.ts'
import { backfill } from './backfill.ts'
import type { Case, Scale } from './case.ts'
import { deleteRecord, putRecord } from './change-record.ts'
import { coldRepos } from './cold-repos.ts'
import { createAccount } from './create-account.ts'
import { createRecord } from './create-record.ts'
import { createRecordByApp } from './create-record-app.ts'
import { createSession } from './create-session.ts'
import { exportRepo } from './export-repo.ts'
import { fanOut } from './fan-out.ts'
import { frames } from './frames.ts'
import { getSession, getSessionFresh } from './get-session.ts'
import { hotRepo } from './hot-repo.ts'
import { leader } from './leader.ts'
import { onePost } from './one-post.ts'
import { proxiedGet } from './proxied-get.ts'
import { getRecord, listRecords } from './read-records.ts'
import { refreshSession } from './refresh-session.ts'
import { stalled } from './stalled.ts'

/** Every line, in the order in which they are run: the large repos come last. */
export function catalogue(scale: Scale): Case[] {
  const repos = new FilledRepos()
  return [
    ...[1, 16, 64].map((inFlight) => createRecord(inFlight, scale)),
    createRecordByApp(scale),
    ...[1, 16].map((inFlight) => hotRepo(inFlight, scale)),
    applyWrites(scale),
    putRecord(scale),
    deleteRecord(scale),
    getRecord(scale),
    listRecords(scale),
    ...[1_000, 100_000].map((bytes) => proxiedGet({ ...scale, bytes })),
    createAccount(scale),
    createSession(scale),
    refreshSession(scale),
    getSession(scale),
    getSessionFresh(scale),
    coldRepos(scale),
    ...[100, 1_000].map((perSecond) => frames(perSecond, scale)),
    ...[1, 10, 100, 1_000].map((subscribers) => fanOut(subscribers, scale)),
    backfill(scale),
    ...[16, 64].map((inFlight) => leader(inFlight, scale)),
    stalled(1_000, scale),
    ...[10_000, 100_000].map((posts) => exportRepo(repos, { ...scale, posts })),
    ...[500, 100_000].map((posts) => onePost(repos, { ...scale, posts })),
  ]
}
