import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import type * as defs from '@heronry/lexicons/generated/host/heronry/admin/defs'
import { Command } from 'commander'
import type { Context } from '../context.ts'
import { fields, table } from '../output.ts'
import { parseLimit } from '../parse-limit.ts'
import { blockCommand } from './blob-block.ts'
import { holdCommand } from './blob-hold.ts'
import { gcCommand, reconcileCommand, verifyCommand } from './blob-tasks.ts'

export const blobCommand = (context: Context): Command =>
  new Command('blob')
    .description('pictures and films: what they weigh, what is kept, refused or lost')
    .addCommand(usageCommand(context))
    .addCommand(holdCommand(context))
    .addCommand(blockCommand(context))
    .addCommand(gcCommand(context))
    .addCommand(reconcileCommand(context))
    .addCommand(verifyCommand(context))

const usageCommand = (context: Context): Command =>
  new Command('usage')
    .description('what the blobs of the community weigh, and whose weigh most')
    .option('--limit <n>', 'accounts', parseLimit, 20)
    .action(async ({ limit }: { limit: number }, command) => {
      const house = await context.admin(command)
      const usage = await house.call(admin.getBlobUsage, { params: { limit } })
      await context.output(command).data(usage, () => shown(usage))
    })

function shown({
  bytes,
  blobs,
  accounts,
}: {
  bytes: number
  blobs: number
  accounts: defs.BlobUsage[]
}): string {
  const largest = accounts.map((it) => [it.did ?? '(deleted)', it.blobs, it.bytes])
  return `${fields({ blobs, bytes })}\n\n${table(['ACCOUNT', 'BLOBS', 'BYTES'], largest)}`
}
