import type { XrpcMethod } from '@heronry/xrpc/method'
import type { ApiContext } from './context.ts'
import { getPreferences } from './xrpc/app/bsky/actor/getPreferences.ts'
import { putPreferences } from './xrpc/app/bsky/actor/putPreferences.ts'
import { registerPush } from './xrpc/app/bsky/notification/registerPush.ts'
import { unregisterPush } from './xrpc/app/bsky/notification/unregisterPush.ts'
import { createReport } from './xrpc/com/atproto/moderation/createReport.ts'
import { applyWrites } from './xrpc/com/atproto/repo/applyWrites.ts'
import { createRecord } from './xrpc/com/atproto/repo/createRecord.ts'
import { deleteRecord } from './xrpc/com/atproto/repo/deleteRecord.ts'
import { describeRepo } from './xrpc/com/atproto/repo/describeRepo.ts'
import { getRecord } from './xrpc/com/atproto/repo/getRecord.ts'
import { importRepo } from './xrpc/com/atproto/repo/importRepo.ts'
import { listMissingBlobs } from './xrpc/com/atproto/repo/listMissingBlobs.ts'
import { listRecords } from './xrpc/com/atproto/repo/listRecords.ts'
import { putRecord } from './xrpc/com/atproto/repo/putRecord.ts'
import { uploadBlob } from './xrpc/com/atproto/repo/uploadBlob.ts'
import { getBlob } from './xrpc/com/atproto/sync/getBlob.ts'
import { getBlocks } from './xrpc/com/atproto/sync/getBlocks.ts'
import { getCheckout } from './xrpc/com/atproto/sync/getCheckout.ts'
import { getHead } from './xrpc/com/atproto/sync/getHead.ts'
import { getLatestCommit } from './xrpc/com/atproto/sync/getLatestCommit.ts'
import { getRecord as getRecordProof } from './xrpc/com/atproto/sync/getRecord.ts'
import { getRepo } from './xrpc/com/atproto/sync/getRepo.ts'
import { getRepoStatus } from './xrpc/com/atproto/sync/getRepoStatus.ts'
import { listBlobs } from './xrpc/com/atproto/sync/listBlobs.ts'
import { listRepos } from './xrpc/com/atproto/sync/listRepos.ts'

export function apiMethods({
  db,
  auth,
  engine,
  clock,
  objects,
  resolver,
  exports,
  imports,
  vault,
  upstreams,
  settings,
}: ApiContext): XrpcMethod[] {
  const writing = { auth, db, engine, clock }
  const asking = { auth, db, vault, clock, resolver, upstreams }
  const bytesMax = settings.blobUploadLimit
  return [
    createRecord(writing),
    putRecord(writing),
    deleteRecord(writing),
    applyWrites(writing),
    getRecord({ db, auth, upstreams }),
    listRecords({ db, auth }),
    listMissingBlobs({ db, auth }),
    describeRepo({ db, auth, resolver }),
    importRepo({ auth, imports, settings: settings.imports }),
    uploadBlob({ auth, db, objects, bytesMax, isHeld: settings.holdsBlobs }),
    getBlob({ db, auth, objects, redirect: settings.blobRedirect }),
    getBlocks({ db, auth }),
    getCheckout({ db, auth, exports }),
    getHead({ db, auth }),
    getLatestCommit({ db, auth }),
    getRecordProof({ db, auth }),
    getRepo({ db, auth, exports }),
    getRepoStatus({ db }),
    listBlobs({ db, auth }),
    listRepos({ db }),
    getPreferences({ db, auth, clock }),
    putPreferences({ db, auth }),
    registerPush(asking),
    unregisterPush(asking),
    createReport(asking),
  ]
}
