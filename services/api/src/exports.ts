import { tmpdir } from 'node:os'
import type { Readable } from 'node:stream'
import type { Database } from '@heronry/db/database'
import { type ExportDeps, type ExportQuery, exportRepo } from '@heronry/repo/export-repo'
import { Spools } from '@heronry/repo/spools'
import type { Logger } from '@heronry/telemetry/logger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ExportSeats } from './export-seats.ts'

/** What the exports of a process have in common. */
export interface Exports extends Pick<ExportDeps, 'spools' | 'role' | 'limits'> {
  readonly seats: ExportSeats
}

/** Spools are in the folder for temporary files (TMPDIR). */
export function createExports({ role }: { role: string | undefined }): Exports {
  return { spools: new Spools(tmpdir()), seats: new ExportSeats(), role }
}

export interface ExportCall {
  readonly req: FastifyRequest
  readonly reply: FastifyReply
  readonly log: Logger
}

/** The CAR of a repo for one reader, who has a seat for it until the answer has ended. */
export function openExport(
  { db, exports }: { db: Database; exports: Exports },
  { query, call: { req, reply, log } }: { query: ExportQuery; call: ExportCall },
): Readable {
  const { seats, ...shared } = exports
  seats.take({ req, reply })
  return exportRepo({ ...shared, db, logger: log }, query)
}
