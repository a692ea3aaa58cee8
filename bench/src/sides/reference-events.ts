import { DatabaseSync } from 'node:sqlite'
import type { EventTable } from './event-table.ts'

/** How long a statement waits while the server writes. */
const busyMsMax = 10_000

/** Rows of `repo_seq` in the sequencer's file, as writes leave them. The server finds them when it polls. */
export function openReferenceEvents(file: string, templates: number): EventTable {
  const database = new DatabaseSync(file, { timeout: busyMsMax })
  const columns = 'did, eventType, event'
  database.exec(
    `CREATE TEMP TABLE template AS SELECT row_number() OVER (ORDER BY seq) - 1 AS n, ${columns}
     FROM (SELECT * FROM repo_seq ORDER BY seq DESC LIMIT ${templates})`,
  )
  database.exec('CREATE UNIQUE INDEX temp.template_n ON template (n)')
  const insert = database.prepare(
    `WITH RECURSIVE place (p) AS (SELECT ? UNION ALL SELECT p + 1 FROM place WHERE p < ?)
     INSERT INTO repo_seq (${columns}, sequencedAt)
     SELECT ${columns}, ? FROM place JOIN template ON n = p % ${templates} ORDER BY p`,
  )
  const last = database.prepare('SELECT coalesce(max(seq), 0) AS seq FROM repo_seq')
  let place = 0
  return {
    lastSeq: async () => Number(last.get()?.['seq']),
    append: async (count) => {
      insert.run(place, place + count - 1, new Date().toISOString())
      place += count
    },
    async [Symbol.asyncDispose]() {
      database.close()
    },
  }
}
