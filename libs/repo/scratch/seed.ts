import { openDatabase } from '@heronry/db/database'
import { migrateToLatest } from '@heronry/db/migrate'
import pg from 'pg'
import { seedRepo } from '../test/seed-repo.ts'
import { postOf } from '../../../bench/src/load/records.ts'
import { tid } from '../../../bench/src/load/tid.ts'
const admin = new pg.Client({ connectionString: process.env.HERONRY_TEST_DATABASE_URL })
await admin.connect()
await admin.query('DROP DATABASE IF EXISTS export_play WITH (FORCE)')
await admin.query('CREATE DATABASE export_play')
await admin.end()
const url = new URL(process.env.HERONRY_TEST_DATABASE_URL!); url.pathname = '/export_play'
const db = openDatabase({ url: String(url), poolMax: 2, applicationName: 'x', onIdleError() {} })
await migrateToLatest(db)
for (const [id, n] of [[500, 500], [10000, 10000], [100000, 100000]]) {
  await seedRepo(db, { actorId: BigInt(id), records: Array.from({ length: n }, (_, i) => ({ path: `app.bsky.feed.post/${tid(i)}`, value: postOf(i) as any })) })
}
await db.destroy()
