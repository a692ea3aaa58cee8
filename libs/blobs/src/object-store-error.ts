import { HeronryError } from '@heronry/core/error'

export type ObjectOperation = 'put' | 'open' | 'stat' | 'list' | 'delete' | 'move' | 'presign'

interface StoreFault {
  /** The bucket, or the folder. */
  readonly bucket: string
  readonly operation: ObjectOperation
  /** For the operator, in plain words: what is probably wrong and where to mend it. */
  readonly likely: string
  readonly timedOut?: boolean
  readonly cause: unknown
}

/** The store did not do what it was asked. The client hears that and no more; the log has the fields, with the cause behind them. */
export class ObjectStoreError extends HeronryError {
  override readonly fields: Readonly<Record<'bucket' | 'operation' | 'likely', string>>

  constructor({ bucket, operation, likely, timedOut = false, cause }: StoreFault) {
    if (timedOut) super('UpstreamTimeout', 'Operation timed out, please try again.', { cause })
    else super('UpstreamFailure', 'The blob store did not answer as it should. Please try again.', { cause })
    this.fields = { bucket, operation, likely }
  }
}
