import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { createLogger } from '@heronry/telemetry/logger'
import { testDatabase } from '@heronry/testing/postgres'
import { type TestRedis, testRedis } from '@heronry/testing/redis'
import { sql } from 'kysely'
import { vi } from 'vitest'
import { defineJob, type JobKind } from '../src/define-job.ts'
import { enqueue, type JobRequest } from '../src/enqueue.ts'
import type { JobHandler } from '../src/handler.ts'
import { createWorker } from '../src/worker.ts'

export type TransportName = 'through Redis' | 'in this process'

export interface Parcel {
  label: string
}

export const carry = defineJob<Parcel>({ queue: 'carry', name: 'carry', parse: parcel })
export const lift = defineJob<Parcel>({ queue: 'lift', name: 'lift', parse: parcel })

function parcel(payload: unknown): Parcel {
  const { label } = payload as Parcel
  if (typeof label !== 'string') throw new TypeError(`No label in ${JSON.stringify(payload)}`)
  return { label }
}

/** A database, a transport, and workers that are stopped when the test ends. */
export interface Workshop extends AsyncDisposable {
  db: Database
  url: string
  redis: TestRedis | undefined
  lines: string[]
  work(handlers: JobHandler[], options?: { concurrency?: number }): RunningWorker
  order<P>(kind: JobKind<P>, request: JobRequest<P>): Promise<bigint | undefined>
}

export interface RunningWorker {
  stop(): Promise<void>
}

export async function openWorkshop(transport: TransportName, { shut = false } = {}): Promise<Workshop> {
  const database = await testDatabase()
  const redis = transport === 'through Redis' ? await testRedis({ shut }) : undefined
  const { db, url } = database
  await sql`CREATE TABLE effect (label text NOT NULL)`.execute(db)
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const logger = createLogger({ service: 'jobs', level: 'debug', enabled: true, destination })
  const workers: RunningWorker[] = []
  return {
    db,
    url,
    redis,
    lines,
    work(handlers, { concurrency } = {}) {
      const ending = new AbortController()
      const options = concurrency === undefined ? {} : { concurrency }
      const worker = createWorker({ db, redisUrl: redis?.url, logger, handlers, ...options })
      const running = worker.run(ending.signal)
      const stop = async () => {
        ending.abort()
        await running
      }
      workers.push({ stop })
      return { stop }
    },
    order: (kind, request) => inTransaction(db, { name: 'order' }, (tx) => enqueue(tx, kind, request)),
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.stop()))
      await redis?.[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

export async function addEffect(tx: Transaction, label: string): Promise<void> {
  await sql`INSERT INTO effect (label) VALUES (${label})`.execute(tx)
}

export async function effects(db: Database): Promise<string[]> {
  const { rows } = await sql<{ label: string }>`SELECT label FROM effect ORDER BY label`.execute(db)
  return rows.map((row) => row.label)
}

export async function jobs(db: Database) {
  return await db.selectFrom('job_outbox').selectAll().orderBy('id').execute()
}

export async function doneCount(db: Database): Promise<number> {
  return (await jobs(db)).filter((job) => job.done_at !== null).length
}

/** Lets a lease and a wait grow old: the same as waiting. */
export async function timePasses(db: Database, ms: number): Promise<void> {
  await sql`
    UPDATE job_outbox SET run_at = run_at - ${ms} * interval '1 ms', lease_until = lease_until - ${ms} * interval '1 ms'
    WHERE done_at IS NULL`.execute(db)
}

export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  await vi.waitUntil(condition, { timeout: 15_000, interval: 20 })
}
