import type { LexMap } from '@atproto/lex-data'
import type { NsidString } from '@atproto/syntax'
import type { Auth } from '@heronry/auth/create-auth'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import { invalidHandle } from '@heronry/core/handle'
import type { Database } from '@heronry/db/database'
import type { DidDocument } from '@heronry/identity/did-document'
import type { DidResolver } from '@heronry/identity/did-resolver'
import * as repo from '@heronry/lexicons/generated/com/atproto/repo'
import { describeCollections } from '@heronry/repo/describe-collections'
import { method } from '@heronry/xrpc/method'
import { lazyViewer } from '../../../../lazy-viewer.ts'
import { requireRepo } from '../../../../repo-of.ts'

export const describeRepo = (deps: { db: Database; auth: Auth; resolver: DidResolver }) =>
  method(repo.describeRepo, {
    handler: async ({ params, community, req, reply }) => {
      const viewer = lazyViewer(deps.auth, { req, reply, community, nsid: repo.describeRepo.$lxm })
      const hosted = await requireRepo(deps.db, { community, didOrHandle: params.repo, viewer })
      const { did, handle } = hosted.actor
      const didDoc = await documentOf(deps.resolver, did)
      const collections = (await describeCollections(deps.db, hosted.repo.storeId)) as NsidString[]
      const handleIsCorrect = handle !== null && claimedHandle(didDoc) === handle
      return {
        body: {
          handle: handle ?? invalidHandle,
          did,
          didDoc: didDoc as LexMap,
          collections,
          handleIsCorrect,
        },
      }
    },
  })

async function documentOf(resolver: DidResolver, did: Did): Promise<DidDocument> {
  const document = await resolver.resolve(did).catch((cause: unknown) => {
    throw new HeronryError('InvalidRequest', `Could not resolve DID: ${did}`, { cause })
  })
  if (document === null) throw new HeronryError('InvalidRequest', `Could not resolve DID: ${did}`)
  return document
}

/** The first name in `alsoKnownAs` that is a handle's. */
function claimedHandle({ alsoKnownAs }: DidDocument): string | undefined {
  const names: unknown[] = Array.isArray(alsoKnownAs) ? alsoKnownAs : []
  const first = names.find((name) => typeof name === 'string' && name.startsWith('at://'))
  return (first as string | undefined)?.slice('at://'.length)
}
