import { type Account, expectOk, type House } from './house.ts'
import { momentOf, tid } from './tid.ts'

export const postCollection = 'app.bsky.feed.post'

/** The most one request of either side takes. */
export const writesMax = 200

/** A post of ordinary size (about 230 bytes), the same on both sides. */
export function postOf(index: number, edition = 0) {
  const text = `Number ${index}.${edition}: the herons stood in the shallows until the light was gone, and nobody counted them twice.`
  return { $type: postCollection, text, langs: ['en'], createdAt: momentOf(index) }
}

/** The body of an applyWrites that creates `count` posts. */
export function postsFrom(first: number, { account, count }: { account: Account; count: number }) {
  const writes = Array.from({ length: count }, (_, offset) => ({
    $type: 'com.atproto.repo.applyWrites#create',
    collection: postCollection,
    rkey: tid(first + offset),
    value: postOf(first + offset),
  }))
  return { repo: account.did, writes }
}

/** @returns the number of the first post; the others follow it */
export async function fillRepo(house: House, account: Account, posts: number): Promise<number> {
  const first = house.reserveRkeys(posts)
  for (let done = 0; done < posts; done += writesMax) {
    const count = Math.min(writesMax, posts - done)
    const body = postsFrom(first + done, { account, count })
    expectOk(await house.post('com.atproto.repo.applyWrites', body, account))
  }
  return first
}
