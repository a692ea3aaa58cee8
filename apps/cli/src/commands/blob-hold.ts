import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import type * as defs from '@heronry/lexicons/generated/host/heronry/admin/defs'
import { Command } from 'commander'
import type { Context } from '../context.ts'
import { CliError } from '../exit-codes.ts'
import type { House } from '../house.ts'
import { accountPageSize } from '../limits.ts'
import { fields } from '../output.ts'
import { confirm } from '../terminal.ts'
import { didOf } from './suspension.ts'

export const holdCommand = (context: Context): Command =>
  new Command('hold')
    .description('legal holds: what is not deleted, whoever asks for it')
    .addCommand(listCommand(context))
    .addCommand(addCommand(context))
    .addCommand(liftCommand(context))

const why = ['--reason <text>', 'why, for the audit log'] as const

const listCommand = (context: Context): Command =>
  new Command('list').description('those of the community').action(async (_options, command) => {
    await context.output(command).rows({
      header: ['ID', 'ACCOUNT', 'BLOB', 'SINCE', 'WHY'],
      pages: holdPages(await context.admin(command)),
      cells: (it) => [it.id, it.did, it.cid ?? 'all', it.placedAt, it.reason],
    })
  })

async function* holdPages(house: House): AsyncGenerator<readonly defs.BlobHold[]> {
  let cursor: string | undefined
  do {
    const page = await house.call(admin.listBlobHolds, { params: { limit: accountPageSize, cursor } })
    yield page.holds
    cursor = page.cursor
  } while (cursor !== undefined)
}

const addCommand = (context: Context): Command =>
  new Command('add')
    .description('keeps the blobs of an account, or one of them, also when the account is deleted')
    .argument('<account>', 'its DID, handle or email address')
    .argument('[cid]', 'of one blob')
    .requiredOption(...why)
    .action(async (name: string, cid: string | undefined, { reason }: { reason: string }, command) => {
      const house = await context.admin(command)
      const input = { did: await didOf(house, name), ...(cid && { cid }), reason }
      const placed = await house.call(admin.placeBlobHold, { input })
      await context.output(command).data(placed, () => fields(placed))
    })

interface Lifting {
  readonly reason: string
  readonly dryRun?: true
  readonly yes?: true
}

const liftCommand = (context: Context): Command =>
  new Command('lift')
    .description('ends a hold: what nobody else wants of it is deleted soon after')
    .argument('<id>', 'as "blob hold list" prints it')
    .requiredOption(...why)
    .option('--dry-run', 'only show what is held')
    .option('--yes', 'do not ask')
    .action(async (id: string, { reason, dryRun, yes }: Lifting, command) => {
      const house = await context.admin(command)
      const hold = await holdOf(house, id)
      const output = context.output(command)
      if (dryRun) {
        await output.data(hold, () => fields({ ...hold }))
        return output.note('Nothing was changed.')
      }
      const whose = `${hold.did}${hold.cid ? ` ${hold.cid}` : ''}`
      if (!yes && !(await confirm(context.terminal, `Lift the hold of ${whose}?`))) {
        throw new CliError('failure', 'Nothing was changed')
      }
      const lifted = await house.call(admin.liftBlobHold, { input: { id, reason } })
      await output.data(lifted, () => fields({ ...lifted }))
    })

async function holdOf(house: House, id: string): Promise<defs.BlobHold> {
  for await (const holds of holdPages(house)) {
    const hold = holds.find((it) => it.id === id)
    if (hold !== undefined) return hold
  }
  throw new CliError('notFound', 'There is no such hold')
}
