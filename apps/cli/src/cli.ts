import { Command, CommanderError } from 'commander'
import manifest from '../../../package.json' with { type: 'json' }
import { accountCommand } from './commands/account.ts'
import { auditCommand } from './commands/audit.ts'
import { communityCommand } from './commands/community.ts'
import { configCommand } from './commands/config.ts'
import { handleRuleCommand } from './commands/handle-rule.ts'
import { keysCommand } from './commands/keys.ts'
import { loginCommand, logoutCommand } from './commands/login.ts'
import { mailCommand } from './commands/mail.ts'
import { repoCommand } from './commands/repo.ts'
import { sequencerCommand } from './commands/sequencer.ts'
import { statusCommand } from './commands/status.ts'
import { createContext } from './context.ts'
import { CliError, exitCodes } from './exit-codes.ts'
import { OutputClosed, type Terminal } from './terminal.ts'

/** Runs the command of `args`; the exit code. */
export async function runCli(terminal: Terminal, args: readonly string[]): Promise<number> {
  try {
    await program(terminal).parseAsync([...args], { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof OutputClosed) return 0
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage
    const message = error instanceof Error ? error.message : String(error)
    if (message !== '') terminal.stderr.write(`heronry: ${message}\n`)
    return exitCodes[error instanceof CliError ? error.reason : 'failure']
  }
}

function program(terminal: Terminal): Command {
  const context = createContext(terminal)
  const program = new Command('heronry')
    .description('The command of a house: its communities, accounts and repos.')
    .option(
      '--url <origin>',
      'the house (HERONRY_URL; default: where you are logged in, else http://localhost:2583)',
    )
    .option('--json', 'data as JSON')
    .option('--no-color', 'no colours (NO_COLOR): there are none anyway')
    .option('--password-stdin', 'the admin password is the first line of standard input')
    .option('--password-file <path>', 'the admin password is the first line of a file')
    .version(manifest.version, '-V, --version')
    .addHelpText('after', help)
    .showHelpAfterError('(--help says what there is)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'heronry: ')),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
  const commands = [
    statusCommand,
    accountCommand,
    auditCommand,
    handleRuleCommand,
    mailCommand,
    communityCommand,
    repoCommand,
    sequencerCommand,
    keysCommand,
    configCommand,
    loginCommand,
    logoutCommand,
  ]
  for (const command of commands) program.addCommand(inheriting(program, command(context)))
  return program
}

/** `addCommand` hands nothing down by itself. */
function inheriting(parent: Command, command: Command): Command {
  command.copyInheritedSettings(parent)
  for (const inner of command.commands) inheriting(command, inner)
  return command
}

const help = `
The admin password is taken from --password-stdin, --password-file, HERONRY_ADMIN_PASSWORD or PDS_ADMIN_PASSWORD, what
"heronry login" has kept, or asked for.

Exit codes: 0 done, 1 failure, 2 usage, 3 not found, 4 conflict, 5 unavailable, 6 partial.`
