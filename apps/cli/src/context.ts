import type { Command } from 'commander'
import { adminPassword, type PasswordSources } from './admin-password.ts'
import { readCredentials } from './credentials.ts'
import { CliError } from './exit-codes.ts'
import { connectTo, type House } from './house.ts'
import { createOutput, type Output } from './output.ts'
import type { Terminal } from './terminal.ts'

/** What every command may ask for, from the options that all of them take. */
export interface Context {
  readonly terminal: Terminal
  output(command: Command): Output
  /** The house as its administrator sees it. */
  admin(command: Command): Promise<House>
}

export interface GlobalOptions extends PasswordSources {
  readonly url?: string
  readonly json?: true
}

export function createContext(terminal: Terminal): Context {
  return {
    terminal,
    output: (command) => createOutput(terminal, { json: optionsOf(command).json === true }),
    async admin(command) {
      const options = optionsOf(command)
      const credentials = await readCredentials(terminal)
      const url = houseUrl(terminal, { url: options.url ?? (terminal.env['HERONRY_URL'] || credentials.url) })
      return connectTo(url, { password: await adminPassword(terminal, options, { url, credentials }) })
    },
  }
}

export function optionsOf(command: Command): GlobalOptions {
  return command.optsWithGlobals()
}

/** The origin of the house; warns where a password would go over the network in the clear. */
export function houseUrl(
  { stderr }: Terminal,
  { url = 'http://localhost:2583' }: { url?: string | undefined },
): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new CliError('usage', `${url} is not the address of a house: https://…`)
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new CliError('usage', 'A password does not belong into the address: --password-stdin')
  }
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(parsed.hostname)
  if (parsed.protocol === 'http:' && !isLocal) {
    stderr.write(`${parsed.origin} is not encrypted: the password can be read on its way\n`)
  }
  return parsed.origin
}
