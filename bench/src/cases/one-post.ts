import type { FilledRepos } from '../load/filled-repos.ts'
import { type Case, type Scale, scaled } from './case.ts'
import { createPosts } from './create-record.ts'
import { cpu, cpuBeside, p50 } from './measure.ts'

const smallRepoPosts = 500

/** One more post, again and again, in a repo of so many posts: what a write costs must not grow with what is there. */
export function onePost(repos: FilledRepos, scale: Scale & { posts: number }): Case {
  const { posts } = scale
  const ops = scaled(200, scale)
  const isSmall = posts === smallRepoPosts
  return {
    name: isSmall ? 'onePost-500' : `onePost-${posts / 1_000}k`,
    inFlight: 1,
    ops,
    measures: [isSmall ? cpu() : cpuBeside('onePost-500', 1.5), p50()],
    open: async (house) => {
      const filled = scale.quick && !isSmall ? posts / 100 : posts
      return createPosts(house, { accounts: [await repos.account(house, filled)], ops })
    },
  }
}
