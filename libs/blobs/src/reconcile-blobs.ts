import type { CareDeps } from './care-deps.ts'
import { straysPerRunMax } from './limits.ts'
import { reconcileObjects } from './reconcile-objects.ts'
import { reconcileRows } from './reconcile-rows.ts'
import {
  endRun,
  openRun,
  type ReconcileOptions,
  type ReconcileRun,
  type ReconcileStep,
  reconcileSteps,
  saveRun,
} from './reconcile-run.ts'

/** What somebody looks after by themselves: it says so in the log, and changes little. */
export const nightly: ReconcileOptions = { isDry: false, straysMax: straysPerRunMax }

/**
 * Compares the bucket with the rows, both ways. Objects without rows become doomed strays, which are deleted, where they are old enough; rows
 * without objects are marked, counted and loudly told of. No row is ever deleted.
 *
 * Its progress is a row: kill -9 anywhere → the next run of the same options goes on behind the last page that was saved, and does what it
 * had begun of the next one again.
 */
export async function reconcileBlobs(
  deps: CareDeps,
  options: ReconcileOptions,
  signal: AbortSignal,
): Promise<ReconcileRun> {
  const run = await openRun(deps.db, options)
  while (true) {
    const step = reconcileSteps.indexOf(run.step)
    const pages = run.step === 'rows' ? reconcileRows(deps, run) : reconcileObjects(deps, run)
    for await (const cursor of pages) {
      run.cursor = cursor
      await saveRun(deps.db, run)
      signal.throwIfAborted()
    }
    const next = reconcileSteps[step + 1]
    if (next === undefined) break
    Object.assign(run, { step: next satisfies ReconcileStep, cursor: '' })
    await saveRun(deps.db, run)
  }
  await endRun(deps.db, run)
  report(deps, run)
  return run
}

function report({ logger }: CareDeps, { id, step, cursor, ...found }: ReconcileRun): void {
  const level = found.missing > 0 || found.strays > found.straysMax ? 'error' : 'info'
  logger[level](found, 'bucket and rows were compared')
}
