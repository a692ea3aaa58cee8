import type pg from 'pg'
import { appendUnderLock } from './stamping-house.ts'

/** A writer's connection, stepped by hand. While it waits for a row, its step is `pending`. */
export interface Writer {
  readonly client: pg.Client
  readonly pid: number
  open: boolean
  /** Actors written so far in this transaction, rising: so no two writers wait for each other. */
  lastActorId: number
  pending: Promise<void> | undefined
}

export async function newWriter(client: pg.Client): Promise<Writer> {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
  return { client, pid: rows[0].pid, open: false, lastActorId: 0, pending: undefined }
}

/** Begins a transaction; `early`: it draws its xid at once, as one does that has written something before. */
export async function begin(writer: Writer, { early }: { early: boolean }): Promise<void> {
  await writer.client.query('BEGIN')
  if (early) await writer.client.query('SELECT pg_current_xact_id()')
  writer.open = true
  writer.lastActorId = 0
}

/** Appends an event; resolves when it is done or the writer waits for the actor's row. */
export async function append(control: pg.Client, writer: Writer, actorId: number): Promise<void> {
  let done = false
  writer.lastActorId = actorId
  writer.pending = appendUnderLock(writer.client, actorId).then(() => {
    done = true
    writer.pending = undefined
  })
  const deadline = performance.now() + 10_000
  while (!done && !(await isWaiting(control, writer))) {
    if (performance.now() > deadline) throw new Error('A writer neither wrote nor waited')
  }
}

/** Ends the transaction, and lets those who waited for its rows go on until they have written or wait again. */
export async function end(
  control: pg.Client,
  writer: Writer,
  how: 'COMMIT' | 'ROLLBACK',
  all: readonly Writer[],
) {
  await writer.client.query(how)
  writer.open = false
  const deadline = performance.now() + 10_000
  for (const other of all) {
    while (other.pending !== undefined && !(await isWaiting(control, other))) {
      if (performance.now() > deadline) throw new Error('A writer neither wrote nor waited')
    }
  }
}

async function isWaiting(control: pg.Client, writer: Writer): Promise<boolean> {
  const { rows } = await control.query(`SELECT cardinality(pg_blocking_pids($1)) > 0 AS waiting`, [
    writer.pid,
  ])
  return rows[0].waiting
}

/** A small seeded generator (mulberry32): the same seed, the same schedule. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
