import { resolve } from 'node:path'
import { Command } from 'commander'
import type { Context } from '../context.ts'
import { CliError } from '../exit-codes.ts'
import { table } from '../output.ts'
import { startTask } from '../start-task.ts'
import { confirm } from '../terminal.ts'

export const communityCommand = (context: Context): Command =>
  new Command('community')
    .description('the communities of the house; opens the database (HERONRY_DATABASE_URL)')
    .addCommand(listCommand(context))
    .addCommand(applyCommand(context))

interface Community {
  readonly slug: string
  readonly hostname: string
  readonly serviceDid: string
  readonly handleDomains: readonly string[]
  readonly settings: { readonly inviteRequired: boolean }
}

const listCommand = (context: Context): Command =>
  new Command('list').description('every community').action(async (_options, command) => {
    const task = { service: 'entryway', args: ['community-list'] } as const
    const communities = (await startTask(context.terminal, task)) as Community[]
    await context.output(command).data(communities, () =>
      table(
        ['SLUG', 'HOSTNAME', 'DID', 'HANDLE DOMAINS', 'INVITES'],
        communities.map((it) => [
          it.slug,
          it.hostname,
          it.serviceDid,
          it.handleDomains.join(' '),
          it.settings.inviteRequired ? 'required' : 'not required',
        ]),
      ),
    )
  })

interface Change {
  readonly slug: string
  readonly hostname: string
  readonly change: 'create' | 'update' | 'none'
  readonly fields: readonly string[]
}

interface ApplyOptions {
  readonly dryRun?: true
  readonly yes?: true
  readonly reason?: string
}

const applyCommand = (context: Context): Command =>
  new Command('apply')
    .description(
      'make the communities what a file says (default: HERONRY_COMMUNITIES_FILE, else PDS_*); none is removed',
    )
    .argument('[file]', 'YAML, as HERONRY_COMMUNITIES_FILE')
    .option('--dry-run', 'only say what would change')
    .option('--yes', 'do not ask before communities that exist are changed')
    .option('--reason <text>', 'why: said again with what was done')
    .action(async (file: string | undefined, options: ApplyOptions, command) => {
      const output = context.output(command)
      const env: Record<string, string> =
        file === undefined ? {} : { HERONRY_COMMUNITIES_FILE: resolve(file) }
      const run = (name: string) =>
        startTask(context.terminal, { service: 'entryway', args: [name], env }) as Promise<Change[]>
      const plan = options.yes && !options.dryRun ? undefined : await run('community-plan')
      if (!options.dryRun && plan) await consent(context, plan)
      const changes = options.dryRun && plan ? plan : await run('community-apply')
      await output.data(changes, () =>
        table(
          ['SLUG', 'HOSTNAME', 'CHANGE', 'OF'],
          changes.map((it) => [it.slug, it.hostname, it.change, it.fields.join(' ')]),
        ),
      )
      if (options.dryRun) output.note('Nothing was changed.')
      else if (options.reason) output.note(`Applied: ${options.reason}`)
    })

/** Throws where communities that exist would change and nobody says yes. */
async function consent({ terminal }: Context, plan: readonly Change[]): Promise<void> {
  const updates = plan.filter(({ change }) => change === 'update')
  if (updates.length === 0) return
  const names = updates.map((it) => `${it.slug} (${it.fields.join(', ')})`).join(', ')
  if (!(await confirm(terminal, `Change ${names}?`))) throw new CliError('failure', 'Nothing was changed')
}
