import { communityOfActor } from '@heronry/accounts/community-of-actor'
import type { BlobOwners } from '@heronry/blobs/care-deps'
import { referencedBlobs } from '@heronry/repo/referenced-blobs'

/** What repos and accounts know of blobs. */
export const owners: BlobOwners = { referenced: referencedBlobs, communityOf: communityOfActor }
