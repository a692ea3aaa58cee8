import { readFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import { Command, Option } from 'commander'
import type { Context } from '../context.ts'
import { CliError } from '../exit-codes.ts'
import { createOutput } from '../output.ts'
import { redacted } from '../redacted.ts'

const serviceNames = ['standalone', 'entryway', 'api', 'sequencer', 'blob-worker', 'email'] as const
type ServiceName = (typeof serviceNames)[number]

export const configCommand = (context: Context): Command =>
  new Command('config')
    .description('what the environment (or a pds.env) configures')
    .addCommand(showCommand(context))
    .addCommand(validateCommand(context))

interface ConfigOptions {
  readonly service: ServiceName
}

const showCommand = (context: Context): Command =>
  reading(new Command('show'))
    .description('the configuration as JSON, without its secrets')
    .option('--redacted', 'without secrets: always so')
    .action(async (file: string | undefined, options: ConfigOptions) => {
      const { config, warnings } = await read(context, { ...options, file })
      const { data, note } = createOutput(context.terminal, { json: true })
      await data(redacted(config), () => '')
      for (const warning of warnings) note(warning)
    })

const validateCommand = (context: Context): Command =>
  reading(new Command('validate'))
    .description('whether a service would start with it: every problem at once')
    .action(async (file: string | undefined, options: ConfigOptions, command) => {
      const { problems, warnings } = await read(context, { ...options, file }).then(
        (found) => ({ problems: [], warnings: found.warnings }),
        async (error) => {
          const { ConfigError } = await configuration()
          if (error instanceof ConfigError) return { problems: error.problems, warnings: [] }
          throw error
        },
      )
      await context
        .output(command)
        .data({ problems, warnings }, () =>
          [
            ...problems.map((it) => `problem  ${it}`),
            ...warnings.map((it) => `warning  ${it}`),
            problems.length === 0 ? 'usable' : 'not usable',
          ].join('\n'),
        )
      if (problems.length > 0) throw new CliError('failure', 'The configuration is not usable')
    })

function reading(command: Command): Command {
  const service = new Option('--service <name>', 'whose configuration').choices(serviceNames)
  return command
    .argument('[file]', 'read this file (a pds.env) instead of the environment')
    .addOption(service.default('standalone'))
}

/** Loaded by these commands alone: it takes as long as all the rest. */
const configuration = () => import('@heronry/config/read-config')

async function read({ terminal }: Context, { file, service }: ConfigOptions & { file: string | undefined }) {
  const { readConfig } = await configuration()
  if (file === undefined) return readConfig(terminal.env, { service })
  const text = await readFile(file, 'utf8').catch((error) => {
    throw new CliError('usage', `${file} cannot be read: ${error.code}`)
  })
  return readConfig(parseEnv(text), { service })
}
