import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import type * as defs from '@heronry/lexicons/generated/host/heronry/admin/defs'
import { Command, InvalidArgumentError } from 'commander'
import type { Context } from '../context.ts'
import type { House } from '../house.ts'
import { fields } from '../output.ts'

const reason = ['--reason <text>', 'why, for the audit log'] as const

export const suspendCommand = (context: Context): Command =>
  new Command('suspend')
    .description(
      'an account that neither signs in nor writes until a moment; again, with another moment, moves it',
    )
    .argument('<account>', 'its DID, handle or email address')
    .requiredOption('--until <moment>', 'when it ends by itself, such as 2027-01-31T12:00:00Z', parseMoment)
    .requiredOption(...reason)
    .action(async (name: string, { until, reason }: { until: string; reason: string }, command) => {
      const house = await context.admin(command)
      const input = { did: await didOf(house, name), until, reason }
      const suspended = await house.call(admin.suspendAccount, { input })
      await context.output(command).data(suspended, () => shown(suspended))
    })

export const unsuspendCommand = (context: Context): Command =>
  new Command('unsuspend')
    .description('the end of a suspension before its time')
    .argument('<account>', 'its DID, handle or email address')
    .requiredOption(...reason)
    .action(async (name: string, { reason }: { reason: string }, command) => {
      const house = await context.admin(command)
      const input = { did: await didOf(house, name), reason }
      const lifted = await house.call(admin.liftSuspension, { input })
      await context.output(command).data(lifted, () => shown(lifted))
    })

export async function didOf(house: House, name: string): Promise<string> {
  const { did } = await house.call(admin.getAccount, {
    params: { account: name.replace(/^(at:\/\/|@)/, '') },
  })
  return did
}

function shown({ did, status, suspendedUntil }: defs.SuspensionView): string {
  return fields({ did, status, ...(suspendedUntil && { 'suspended until': suspendedUntil }) })
}

function parseMoment(text: string): string {
  const at = new Date(text)
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(at.getTime())) return at.toISOString()
  throw new InvalidArgumentError('a date, or a date and time, is expected.')
}
