import { randomBytes } from 'node:crypto'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import type * as defs from '@heronry/lexicons/generated/host/heronry/admin/defs'
import { Command } from 'commander'
import { type Context, optionsOf } from '../context.ts'
import type { House } from '../house.ts'
import { accountPageSize } from '../limits.ts'
import { fields } from '../output.ts'
import { parseLimit } from '../parse-limit.ts'
import { resetSecondFactorCommand } from './second-factor.ts'
import { suspendCommand, unsuspendCommand } from './suspension.ts'

export const accountCommand = (context: Context): Command =>
  new Command('account')
    .description('the accounts of the community')
    .addCommand(listCommand(context))
    .addCommand(infoCommand(context))
    .addCommand(createCommand(context))
    .addCommand(suspendCommand(context))
    .addCommand(unsuspendCommand(context))
    .addCommand(resetSecondFactorCommand(context))

const listCommand = (context: Context): Command =>
  new Command('list')
    .description('accounts in order of their creation')
    .option('--limit <n>', 'at most so many', parseLimit)
    .action(async ({ limit }: { limit?: number }, command) => {
      const house = await context.admin(command)
      await context.output(command).rows({
        header: ['DID', 'HANDLE', 'STATUS', 'EMAIL', 'CREATED'],
        pages: listAccounts(house, limit),
        cells: (it) => [it.did, it.handle, it.status, it.email, it.createdAt],
      })
    })

async function* listAccounts(
  house: House,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<readonly defs.AccountView[]> {
  let cursor: string | undefined
  let missing = limit
  do {
    const params = { limit: Math.min(accountPageSize, missing), cursor }
    const page = await house.call(admin.listAccounts, { params })
    yield page.accounts
    missing -= page.accounts.length
    cursor = page.cursor
  } while (cursor !== undefined && missing > 0)
}

const infoCommand = (context: Context): Command =>
  new Command('info')
    .description('one account')
    .argument('<account>', 'its DID, handle or email address')
    .action(async (name: string, _options, command) => {
      // As handles are written elsewhere.
      const account = name.replace(/^(at:\/\/|@)/, '')
      const house = await context.admin(command)
      const found = await house.call(admin.getAccount, { params: { account } })
      await context.output(command).data(found, () =>
        fields({
          did: found.did,
          handle: found.handle,
          status: found.status,
          email: found.email,
          'email confirmed': found.emailConfirmedAt ?? 'no',
          created: found.createdAt,
        }),
      )
    })

const createCommand = (context: Context): Command =>
  new Command('create')
    .description('a new account with a password of its own, which is shown once')
    .requiredOption('--handle <handle>', 'below a handle domain of the community')
    .requiredOption('--email <address>', 'its email address')
    .action(async ({ handle, email }: { handle: string; email: string }, command) => {
      const house = await context.admin(command)
      const account = await createAccount(house, { handle, email })
      await context.output(command).data(account, () => fields(account))
      if (!optionsOf(command).json)
        context.output(command).note('Keep the password: nobody will see it again.')
    })

/** An invite that is made for a sign-up that is then refused stays unused. */
async function createAccount(house: House, { handle, email }: { handle: string; email: string }) {
  // The administrator's password is shown to be right before anything is made, whether an invite is needed or not.
  const { inviteRequired } = await house.call(admin.getStatus)
  const invite = inviteRequired
    ? await house.call(server.createInviteCode, { input: { useCount: 1 } })
    : undefined
  const password = randomBytes(18).toString('base64url')
  const input = { handle, email, password, ...(invite && { inviteCode: invite.code }) }
  const created = await house.call(server.createAccount, { input })
  return { did: created.did, handle: created.handle, email, password }
}
