import type { OpenEventTable } from './event-table.ts'

/** What a process is for: CPU is told apart by it. */
export type ProcessKind = 'node' | 'postgres' | 'redis'

/** One of the two servers. */
export interface Side {
  readonly name: 'ours' | 'reference'
  readonly url: string
  /** The processes it consists of now, each with all its descendants. */
  processes(): ReadonlyMap<ProcessKind, number>
  /** Its server begins anew, with nothing in memory; what it stands on goes on. */
  restart(): Promise<void>
  readonly openEvents: OpenEventTable
}

export interface SideOptions {
  /** Of this side alone; it exists and is empty. */
  readonly folder: string
  readonly plcUrl: string
}
