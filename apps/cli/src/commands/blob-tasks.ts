import { Command } from 'commander'
import type { Context } from '../context.ts'
import { CliError } from '../exit-codes.ts'
import { fields } from '../output.ts'
import { startTask } from '../start-task.ts'
import { confirm } from '../terminal.ts'

// Of the whole house: these open the database (HERONRY_DATABASE_URL) and the bucket (PDS_BLOBSTORE_*).

interface Acting {
  readonly dryRun?: true
  readonly yes?: true
  readonly reason?: string
}

const options = (command: Command): Command =>
  command
    .option('--dry-run', 'only say what would be deleted')
    .option('--yes', 'do not ask')
    .option('--reason <text>', 'why: said again with what was done')

export const gcCommand = (context: Context): Command =>
  options(new Command('gc'))
    .description('deletes now what nobody refers to and whose grace is over, of the whole house')
    .action(async (acting: Acting, command) => {
      const run = async (...args: string[]) => {
        const task = { service: 'blob-worker', args: ['blob-gc', ...args] } as const
        return (await startTask(context.terminal, task)) as { blobs: number; strays: number }
      }
      const due = acting.yes && !acting.dryRun ? undefined : await run('dry-run')
      const wanted =
        due === undefined ||
        (await consent(context, acting, `Delete ${due.blobs} blobs and ${due.strays} other objects?`))
      await print(context, command, { acting, found: wanted ? await run() : due })
    })

interface Sums {
  readonly objects: number
  readonly strays: number
  readonly blobs: number
  readonly missing: number
}

export const reconcileCommand = (context: Context): Command =>
  options(new Command('reconcile'))
    .description(
      'compares the bucket with the database, both ways, and deletes objects that belong to nothing',
    )
    .action(async (acting: Acting, command) => {
      const run = async (option: string) => {
        const task = { service: 'blob-worker', args: ['blob-reconcile', option] } as const
        return (await startTask(context.terminal, task)) as Sums
      }
      const seen = await run('dry-run')
      const question = `Delete ${seen.strays} objects that belong to nothing, and mark ${seen.missing} blobs as lost?`
      const wanted = await consent(context, acting, question)
      const found = wanted ? await run(String(seen.strays)) : seen
      await print(context, command, { acting, found: { ...found } })
      if (found.missing > 0) throw new CliError('partial', `${found.missing} blobs have no object`)
    })

interface Verified {
  readonly blobs: number
  readonly bytes: number
  readonly missing: number
  readonly altered: number
  readonly damaged: readonly { readonly actor: string; readonly cid: string; readonly verdict: string }[]
}

export const verifyCommand = (context: Context): Command =>
  new Command('verify')
    .description('reads every blob of the house and hashes it; changes nothing')
    .action(async (_options, command) => {
      const task = { service: 'blob-worker', args: ['blob-verify'] } as const
      const verified = (await startTask(context.terminal, task)) as Verified
      const { damaged, ...sums } = verified
      const output = context.output(command)
      await output.data(verified, () => fields(sums))
      for (const { actor, cid, verdict } of damaged) output.note(`${cid} of actor ${actor}: ${verdict}`)
      if (sums.missing + sums.altered > 0) throw new CliError('partial', 'Not every blob is whole')
    })

/** False: only look. Throws where somebody says no, or nobody is there to say anything. */
async function consent({ terminal }: Context, { dryRun, yes }: Acting, question: string): Promise<boolean> {
  if (dryRun) return false
  if (yes || (await confirm(terminal, question))) return true
  throw new CliError('failure', 'Nothing was changed')
}

async function print(
  context: Context,
  command: Command,
  { acting, found }: { acting: Acting; found: Record<string, number> },
): Promise<void> {
  const output = context.output(command)
  await output.data(found, () => fields(found))
  if (acting.dryRun) output.note('Nothing was changed.')
  else if (acting.reason) output.note(`Done: ${acting.reason}`)
}
