import { type DestinationStream, pino } from 'pino'
import { logBufferCharsMax } from './limits.ts'

const errorLevel = 50

/** Of pino: it says the level of each line before it writes it. */
const metadata = Symbol.for('pino.metadata')

/**
 * Standard output, or a file that lines are added to, its folder made. The lines of one turn of the event loop are one write, for a busy
 * house answers many requests in one; an error and all before it go out at once. Throws where the file cannot be opened.
 *
 * kill -9 → at most the lines of the turn it fell into are lost. Any other end writes them.
 */
export function openLogLines(path: string | undefined): DestinationStream {
  const file = pino.destination({
    dest: path ?? 1,
    mkdir: path !== undefined,
    sync: true,
    minLength: logBufferCharsMax,
  })
  let isDue = false
  const flush = () => {
    isDue = false
    file.flushSync()
  }
  process.once('exit', flush)
  return {
    [metadata]: true,
    lastLevel: 0,
    write(line: string) {
      file.write(line)
      if (this.lastLevel >= errorLevel) flush()
      else if (!isDue) {
        isDue = true
        setImmediate(flush)
      }
    },
    flushSync: flush,
  } as DestinationStream & { lastLevel: number }
}
