import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { commitsOf, verifyHistory } from './history.ts'
import { ownCluster } from './own-cluster.ts'
import { repoHouse } from './repo-house.ts'
import { until } from './until.ts'
import { Writers } from './writers.ts'

const soak = process.env['HERONRY_SOAK'] !== undefined
const kills = soak ? 60 : 2

test(
  'backends killed with -9 in the middle of a batch, and the recovery of all Postgres that follows, cost no acknowledged write and double none',
  async () => {
    await using house = await repoHouse({ database: await ownCluster() })
    const actors = await Promise.all(Array.from({ length: 8 }, () => house.actor()))
    const rounds = kills * 6
    await using writers = new Writers({ ...house, actors, processes: 4, rounds, seed: 500 })
    await writers.start()
    for (let killed = 0; killed < kills; killed++) {
      const before = acknowledged(writers)
      await until(async () => acknowledged(writers) > before + 40, 30_000)
      await until(() => killWriting(house.db), 30_000)
    }
    const told = await writers.finished()
    for (const actor of actors) {
      await untilUp(house.db)
      await verifyHistory(house.db, actor)
      const commits = (await commitsOf(house.db, actor.id)).map(({ commit }) => commit.toString())
      const own = told.filter((one) => one.actor === String(actor.id))
      const cids = own.flatMap(({ cid }) => cid ?? [])
      expect(cids.filter((cid) => !commits.includes(cid))).toEqual([])
      const unsure = own.filter(({ code }) => code === 'ServiceUnavailable')
      expect(cids.length + unsure.length).toBe(own.length)
      expect(commits.length).toBeLessThanOrEqual(1 + own.length)
    }
  },
  soak ? 1_200_000 : 90_000,
)

function acknowledged({ told }: Writers): number {
  return told.filter(({ cid }) => cid !== undefined).length
}

/** Kills one backend that carries out a commit statement; false where there was none at the moment. */
async function killWriting(db: Database): Promise<boolean> {
  try {
    const { rows } = await sql<{ pid: number }>`SELECT pid FROM pg_stat_activity
      WHERE application_name = 'writer' AND state = 'active' AND query LIKE '%WITH c AS MATERIALIZED%' LIMIT 1`.execute(
      db,
    )
    const pid = rows[0]?.pid
    return pid !== undefined && process.kill(pid, 'SIGKILL')
  } catch {
    return false // Postgres is recovering from the one before, or the backend has ended by itself.
  }
}

async function untilUp(db: Database): Promise<void> {
  await until(
    () =>
      sql`SELECT 1`.execute(db).then(
        () => true,
        () => false,
      ),
    30_000,
  )
}
