import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import type * as defs from '@heronry/lexicons/generated/host/heronry/admin/defs'
import { Command, InvalidArgumentError } from 'commander'
import type { Context } from '../context.ts'
import { CliError } from '../exit-codes.ts'
import type { House } from '../house.ts'
import { auditPageSize } from '../limits.ts'
import { fields } from '../output.ts'
import { parseLimit } from '../parse-limit.ts'
import { write } from '../terminal.ts'

export const auditCommand = (context: Context): Command =>
  new Command('audit')
    .description('what the administrators of the community did')
    .addCommand(listCommand(context))
    .addCommand(verifyCommand(context))
    .addCommand(exportCommand(context))

interface Filter {
  readonly subject?: string
  readonly method?: string
}

const listCommand = (context: Context): Command =>
  new Command('list')
    .description('acts, the newest first')
    .option('--limit <n>', 'at most so many', parseLimit)
    .option('--subject <subject>', 'about this DID or other subject alone')
    .option('--method <nsid>', 'of this method alone')
    .action(async ({ limit, ...filter }: Filter & { limit?: number }, command) => {
      const house = await context.admin(command)
      await context.output(command).rows({
        header: ['SEQ', 'AT', 'WHO', 'FROM', 'WHAT', 'WHOM', 'OUTCOME', 'WHY'],
        pages: auditPages(house, { ...filter, order: 'newest' }, limit),
        cells: (it) => [
          ...[it.seq, it.at, it.principal, it.address, it.method, it.subject],
          ...[it.error ? `${it.outcome}: ${it.error}` : it.outcome, it.reason],
        ],
      })
    })

const exportCommand = (context: Context): Command =>
  new Command('export')
    .description('the whole log as JSON lines, from its beginning to where it ends now')
    .action(async (_options, command) => {
      const house = await context.admin(command)
      const { head } = await house.call(admin.verifyAudit, { params: { limit: 1 } })
      // What is written meanwhile is for the next export.
      for await (const entries of auditPages(house, { order: 'oldest' }, head.seq)) {
        const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`)
        await write(context.terminal.stdout, lines.join(''))
      }
    })

async function* auditPages(
  house: House,
  query: Filter & { order: 'newest' | 'oldest' },
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<readonly defs.AuditEntry[]> {
  let cursor: string | undefined
  let missing = limit
  while (missing > 0) {
    const params = { ...query, limit: Math.min(auditPageSize, missing), cursor }
    const page = await house.call(admin.listAudit, { params })
    yield page.entries
    missing -= page.entries.length
    cursor = page.cursor
    if (cursor === undefined) return
  }
}

interface Head {
  readonly seq: number
  readonly hash: string
}

const verifyCommand = (context: Context): Command =>
  new Command('verify')
    .description('whether the log is what was written: nothing changed, taken out or moved')
    .option(
      '--head <seq:hash>',
      'a head that was noted earlier: nothing up to it was written anew',
      parseHead,
    )
    .action(async ({ head: noted }: { head?: Head }, command) => {
      const house = await context.admin(command)
      if (noted !== undefined) await assertHolds(house, noted)
      const { seq, hash } = await verifyAll(house)
      const verified = { verified: seq, head: `${seq}:${hash}` }
      await context.output(command).data(verified, () => fields(verified))
    })

/** The head when it was reached. */
async function verifyAll(house: House): Promise<Head> {
  for (let after = 0; ; ) {
    const { verified, head, fault } = await house.call(admin.verifyAudit, {
      params: { after, limit: auditPageSize },
    })
    if (fault !== undefined) {
      throw new CliError(
        'failure',
        `The log is not what was written: row ${fault.seq} is ${faults[fault.fault] ?? fault.fault}`,
      )
    }
    if (verified >= head.seq) return head
    after = verified
  }
}

const faults: Readonly<Record<string, string>> = {
  altered: 'not what it was',
  missing: 'missing',
  twice: 'there twice',
  unlinked: 'not the one that followed the row before it',
  end: 'not where the log ended',
}

async function assertHolds(house: House, { seq, hash }: Head): Promise<void> {
  const params = { order: 'oldest', cursor: String(seq - 1), limit: 1 }
  const { entries } = await house.call(admin.listAudit, { params })
  if (entries[0]?.seq === seq && entries[0].hash === hash) return
  throw new CliError(
    'failure',
    `The log is not what was written: row ${seq} had another hash when it was noted`,
  )
}

function parseHead(text: string): Head {
  const [, seq, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? []
  if (seq === undefined || hash === undefined) {
    throw new InvalidArgumentError('a number and a hash are expected, as "audit verify" prints them.')
  }
  return { seq: Number(seq), hash }
}
