import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { testDatabase } from '@heronry/testing/postgres'
import { seedRepo } from './test/seed-repo.ts'

const database = await testDatabase()
const out: any = { url: database.url, repos: {} }
for (const [i, n] of [
  [1n, 10_000],
  [2n, 100_000],
] as const) {
  const cols = ['app.bsky.feed.post', 'app.bsky.feed.like', 'app.bsky.graph.follow', 'app.bsky.feed.repost']
  const records = Array.from({ length: n }, (_, at) => ({
    path: `${cols[at % 4]}/3l${at.toString(32).padStart(7, '2')}${((at * 7919) % 32768).toString(32).padStart(4, '2')}`.replace(
      /[01]/g,
      'z',
    ),
    value: {
      $type: cols[at % 4]!,
      text: randomBytes(50).toString('hex'),
      createdAt: new Date(1.7e12 + at * 1000).toISOString(),
      n: String(at),
    },
  }))
  const seen = new Map(records.map((r) => [r.path, r]))
  const repo = await seedRepo(database.db, { actorId: i, records: [...seen.values()] })
  out.repos[n] = { actorId: String(i), did: repo.did, didKey: repo.didKey, count: seen.size }
}
await database.db.destroy()
writeFileSync('/tmp/exp/seed.json', JSON.stringify(out))
console.log(out)
