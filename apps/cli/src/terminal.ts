import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { CliError } from './exit-codes.ts'
import { lineBytesMax } from './limits.ts'

/** Where a command reads and writes: data goes to standard output, everything else to standard error. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
}

/** Who reads our output has seen enough (`| head`): the command ends, and that is no failure. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed'
}

/** Resolves when the text is written. Throws OutputClosed, or a CliError where it cannot be (a disk is full). */
export async function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  stream.write(text, (error) => (error ? reject(error) : resolve()))
  await promise.catch((error: NodeJS.ErrnoException) => {
    if (['EPIPE', 'ERR_STREAM_DESTROYED'].includes(error.code ?? '')) throw new OutputClosed()
    throw new CliError('failure', `The output cannot be written: ${error.code ?? error.message}`)
  })
}

/** The first line of standard input, of which nothing beyond its limit is read; throws where there is none. */
export async function readLine({ stdin }: Terminal): Promise<string> {
  let read = ''
  stdin.setEncoding('utf8')
  for await (const chunk of stdin) {
    read += chunk
    if (read.includes('\n') || Buffer.byteLength(read) > lineBytesMax) break
  }
  const [line = ''] = read.split(/\r?\n/, 1)
  if (line === '' || Buffer.byteLength(line) > lineBytesMax) {
    throw new CliError('usage', `A line of 1 to ${lineBytesMax} bytes is expected on standard input`)
  }
  return line
}

/** Asks a person, without showing what is typed; throws where nobody sits, or nothing is said. */
export async function askSecret(terminal: Terminal, question: string): Promise<string> {
  const { stdin, stderr } = terminal
  if (!stdin.isTTY) throw new CliError('usage', `${question} is needed, and there is nobody to ask`)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  stderr.write(`${question}: `)
  const lines = createInterface({ input: stdin, output: silent, terminal: true })
  try {
    const answer = await lines.question('')
    if (answer === '') throw new CliError('usage', `${question} is needed`)
    return answer
  } finally {
    lines.close()
    stderr.write('\n')
  }
}

/** Whether a person says yes; throws where nobody sits. */
export async function confirm({ stdin, stderr }: Terminal, question: string): Promise<boolean> {
  if (!stdin.isTTY) throw new CliError('usage', `${question} Nobody is there to ask: say --yes, or --dry-run`)
  const lines = createInterface({ input: stdin, output: stderr })
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim())
  } finally {
    lines.close()
  }
}
