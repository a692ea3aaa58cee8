import type { AppViewAddress } from '../load/app-view.ts'
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
  /** What only our house can be asked; the reference has none of it. */
  readonly own?: OwnMeans
}

export interface OwnMeans {
  /** Subscribers that its edge serves. */
  subscriberCount(): Promise<number>
  /** From now on, and until disposed of, another process numbers the events. */
  leaderApart(): Promise<LeaderApart>
}

export interface LeaderApart extends AsyncDisposable {
  /** CPU, in ms, that its process and its backends of Postgres have used so far. */
  readCpu(): Promise<Record<'node' | 'postgres', number>>
}

export interface SideOptions {
  /** Of this side alone; it exists and is empty. */
  readonly folder: string
  readonly plcUrl: string
  readonly appView: AppViewAddress
}
