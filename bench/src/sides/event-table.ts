/**
 * The table from which a side's sequencer takes its events, seen past its server: so a firehose can be made to flow without the
 * cost of writes.
 */
export interface EventTable extends AsyncDisposable {
  /** The last number given: where a cursor stands that wants nothing of the past. */
  lastSeq(): Promise<number>
  /** Appends so many events: copies of the newest ones at the time of `open`, in turn. In one transaction. */
  append(count: number): Promise<void>
}

/** Opens the table; `templates` events, the newest, are what will be copied. */
export type OpenEventTable = (templates: number) => Promise<EventTable>
