import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { Command } from 'commander'
import type { Context } from '../context.ts'
import { fields } from '../output.ts'

export const statusCommand = (context: Context): Command =>
  new Command('status')
    .description('what the house says of the community, and how many accounts it has')
    .action(async (_options, command) => {
      const house = await context.admin(command)
      const status = await house.call(admin.getStatus)
      await context.output(command).data(status, () =>
        fields({
          community: status.community,
          url: status.publicUrl,
          did: status.serviceDid,
          version: status.version,
          'handle domains': status.handleDomains.join(' '),
          invites: status.inviteRequired ? 'required' : 'not required',
          accounts: status.accounts.total,
          active: status.accounts.active,
          deactivated: status.accounts.deactivated,
          suspended: status.accounts.suspended,
          'taken down': status.accounts.takendown,
        }),
      )
    })
