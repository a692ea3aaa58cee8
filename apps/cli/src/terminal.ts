import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { CliError } from './exit-codes.ts'
import { lineBytesMax } from './limits.ts'

/** Where a command reads and writes: data goes to standard output, everything else to standard error. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

/** The first line of standard input; throws where there is none. */
export async function readLine({ stdin }: Terminal): Promise<string> {
  const [line = ''] = (await text(stdin)).split(/\r?\n/, 1)
  if (line === '' || Buffer.byteLength(line) > lineBytesMax) {
    throw new CliError('usage', `A line of 1 to ${lineBytesMax} bytes is expected on standard input`)
  }
  return line
}

/** Asks a person, without showing what is typed; throws where nobody sits. */
export async function askSecret(terminal: Terminal, question: string): Promise<string> {
  const { stdin, stderr } = terminal
  if (!stdin.isTTY) throw new CliError('usage', `${question} is needed, and there is nobody to ask`)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  stderr.write(`${question}: `)
  const lines = createInterface({ input: stdin, output: silent, terminal: true })
  try {
    return await lines.question('')
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
