import type { TestDatabase } from '@heronry/testing/postgres'

/** A house of its own, on a fresh database and a PLC directory. Tests know it by its public address alone. */
export interface House extends AsyncDisposable {
  url: string
  plcUrl: string
  adminPassword: string
  database: TestDatabase
  /** Kills every process of it with -9, as the machine might. */
  kill(): Promise<void>
  /** Starts it again with the same environment; resolves when it is ready. */
  start(): Promise<void>
  /** What it has written to standard output and error so far. */
  output(): string
  /** Makes its Redis forget everything; a house without one has nothing to forget. */
  flushRedis(): Promise<void>
}

export interface HouseOptions {
  /** Variables beyond those of a house of development. */
  env?: Record<string, string>
}

export interface HouseKind {
  name: string
  start(options?: HouseOptions): Promise<House>
}
