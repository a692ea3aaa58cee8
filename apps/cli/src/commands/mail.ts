import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import type * as defs from '@heronry/lexicons/generated/host/heronry/admin/defs'
import { Command } from 'commander'
import type { Context } from '../context.ts'
import type { House } from '../house.ts'
import { accountPageSize } from '../limits.ts'
import { fields } from '../output.ts'
import { parseLimit } from '../parse-limit.ts'
import { doctorCommand, previewCommand } from './mail-tasks.ts'

export const mailCommand = (context: Context): Command =>
  new Command('mail')
    .description('the mail of the community: what waits, what was given up, and whether it arrives')
    .addCommand(listCommand(context, { which: 'queue', description: 'mails that wait, the newest first' }))
    .addCommand(listCommand(context, { which: 'dead', description: 'mails that were given up' }))
    .addCommand(ofCommand(context))
    .addCommand(retryCommand(context))
    .addCommand(testCommand(context))
    .addCommand(inviteCommand(context))
    .addCommand(unsuppressCommand(context))
    .addCommand(previewCommand(context))
    .addCommand(doctorCommand(context))

const reason = ['--reason <text>', 'why, for the audit log'] as const

interface Listing {
  readonly limit?: number
}

const listCommand = (
  context: Context,
  { which, description }: { which: 'queue' | 'dead'; description: string },
): Command =>
  new Command(which)
    .description(description)
    .option('--limit <n>', 'at most so many', parseLimit)
    .action(async ({ limit }: Listing, command) => {
      await print(context, command, { params: { which }, limit })
    })

const ofCommand = (context: Context): Command =>
  new Command('of')
    .description(
      'all mails to an account: those of the last day, and of the last month those that were given up',
    )
    .argument('<account>', 'its DID, handle or email address')
    .option('--limit <n>', 'at most so many', parseLimit)
    .action(async (account: string, { limit }: Listing, command) => {
      await print(context, command, { params: { account: account.replace(/^(at:\/\/|@)/, '') }, limit })
    })

interface Query {
  readonly params: Readonly<Record<string, string>>
  readonly limit: number | undefined
}

async function print(context: Context, command: Command, query: Query): Promise<void> {
  const house = await context.admin(command)
  await context.output(command).rows({
    header: ['ID', 'TEMPLATE', 'TO', 'STATE', 'CREATED', 'DUE', 'ENDED', 'TRIES', 'ERROR'],
    pages: mailPages(house, query),
    cells: (it: defs.MailView) => [
      ...[it.id, it.template, it.to, it.state, it.createdAt, it.dueAt, it.endedAt],
      ...[it.tries, it.error],
    ],
  })
}

async function* mailPages(
  house: House,
  { params, limit = Number.POSITIVE_INFINITY }: Query,
): AsyncGenerator<readonly defs.MailView[]> {
  let cursor: string | undefined
  let missing = limit
  do {
    const page = await house.call(admin.listMail, {
      params: { ...params, limit: Math.min(accountPageSize, missing), cursor },
    })
    yield page.mails
    missing -= page.mails.length
    cursor = page.cursor
  } while (cursor !== undefined && missing > 0)
}

const retryCommand = (context: Context): Command =>
  new Command('retry')
    .description('tries mails at once: those that are named, else all that were given up')
    .argument('[ids...]', 'as "mail queue" and "mail dead" print them')
    .option(...reason)
    .action(async (ids: string[], { reason }: { reason?: string }, command) => {
      const house = await context.admin(command)
      const input = { ...(ids.length > 0 && { ids }), reason }
      const retried = await house.call(admin.retryMail, { input })
      await context.output(command).data(retried, () => fields(retried))
    })

const testCommand = (context: Context): Command =>
  new Command('test')
    .description(
      'sends a mail through the queue, as every other; "mail queue" and "mail dead" say whether it waits or was given up',
    )
    .argument('<address>', 'to whom')
    .action(async (to: string, _options, command) => {
      const house = await context.admin(command)
      const queued = await house.call(admin.sendTestMail, { input: { to } })
      await context.output(command).data(queued, () => fields(queued))
    })

const inviteCommand = (context: Context): Command =>
  new Command('invite')
    .description('makes an invite code of one use and mails it')
    .argument('<address>', 'to whom')
    .option(...reason)
    .action(async (to: string, { reason }: { reason?: string }, command) => {
      const house = await context.admin(command)
      const invited = await house.call(admin.sendInvite, { input: { to, reason } })
      await context.output(command).data(invited, () => fields(invited))
    })

const unsuppressCommand = (context: Context): Command =>
  new Command('unsuppress')
    .description('lets mail go again to an address that was refused for good')
    .argument('<address>', 'whose')
    .option(...reason)
    .action(async (email: string, { reason }: { reason?: string }, command) => {
      const house = await context.admin(command)
      const lifted = await house.call(admin.unsuppressMail, { input: { email, reason } })
      await context
        .output(command)
        .data(lifted, () => fields({ lifted: lifted.lifted ? 'yes' : 'there was nothing' }))
    })
