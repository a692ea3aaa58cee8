import { exportOf } from '../load/contents.ts'
import type { FilledRepos } from '../load/filled-repos.ts'
import type { Account, Answer, House } from '../load/house.ts'
import type { Case, Scale } from './case.ts'
import { cpu, memoryGrowth, throughput } from './measure.ts'

const warmUpPosts = 500
const warmUps = 100

/**
 * Whole exports of one repo, one after the other, from a server that was started for it: memory grown before would hide growth. Its code is warm by
 * exports of a small repo.
 */
export function exportRepo(repos: FilledRepos, { posts, quick }: Scale & { posts: number }): Case {
  return {
    name: `getRepo-${posts / 1_000}k`,
    inFlight: 1,
    ops: posts > 10_000 || quick ? 1 : 5,
    watchesMemory: true,
    measures: [throughput(10), memoryGrowth({ atMostMb: 64 }), cpu()],
    open: async (house) => {
      const account = await repos.account(house, quick ? posts / 100 : posts)
      const small = await repos.account(house, warmUpPosts)
      await house.side.restart()
      for (let time = 0; time < warmUps; time++) await countExport(house, small)
      return { op: () => countExport(house, account), contents: () => exportOf(house, account) }
    },
  }
}

/** Reads the answer as it comes and keeps nothing. */
async function countExport(house: House, { did }: Account): Promise<Answer> {
  const { status, body } = await house.open('com.atproto.sync.getRepo', { did })
  let bytes = 0
  for await (const chunk of body) bytes += chunk.length
  return { status, body: '', bytes }
}
