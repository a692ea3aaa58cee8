import type { Readable } from 'node:stream'

export interface PipeOptions {
  readonly destination: NodeJS.WritableStream
  /** Whether the destination ends with the source. */
  readonly end: boolean
  /** Told of each chunk that the destination is done with: it has been sent, or turned into something else. */
  readonly onDone: (chunk: Buffer) => void
}

/** As `source.pipe(destination)`, which does not tell when a chunk has been used. */
export function pipeChunks(source: Readable, { destination, end, onDone }: PipeOptions): void {
  const give = (chunk: Buffer) => {
    const goesOn = destination.write(chunk, (error) => {
      // Of one that failed, nobody knows whether it is still being read.
      if (!error) onDone(chunk)
    })
    if (!goesOn) source.pause()
  }
  const goOn = () => source.resume()
  const finish = () => destination.end()
  const leave = () => {
    source.off('data', give).off('end', finish).pause()
    destination.off('drain', goOn)
  }
  destination.on('drain', goOn).once('finish', leave).once('close', leave)
  if (end) source.once('end', finish)
  source.on('data', give)
  destination.emit('pipe', source)
}
