import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { Command } from 'commander'
import type { Context } from '../context.ts'
import { fields } from '../output.ts'
import { didOf } from './suspension.ts'

export const resetSecondFactorCommand = (context: Context): Command =>
  new Command('reset-second-factor')
    .description('every second factor of an account whose owner has lost them is taken away; he is mailed')
    .argument('<account>', 'its DID, handle or email address')
    .requiredOption('--reason <text>', 'why, for the audit log')
    .action(async (name: string, { reason }: { reason: string }, command) => {
      const house = await context.admin(command)
      const did = await didOf(house, name)
      const before = await house.call(admin.resetSecondFactors, { input: { did, reason } })
      await context.output(command).data({ did, ...before }, () =>
        fields({
          did,
          'was: codes by mail': before.email ? 'on' : 'off',
          'was: authenticator app': before.totp ? 'on' : 'off',
          'was: recovery codes': String(before.recoveryCodesLeft),
        }),
      )
    })
