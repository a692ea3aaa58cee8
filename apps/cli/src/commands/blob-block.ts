import { CID } from '@atproto/lex'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import type * as defs from '@heronry/lexicons/generated/host/heronry/admin/defs'
import { Command, InvalidArgumentError } from 'commander'
import type { Context } from '../context.ts'
import type { House } from '../house.ts'
import { accountPageSize } from '../limits.ts'
import { fields } from '../output.ts'
import { startTask } from '../start-task.ts'

export const blockCommand = (context: Context): Command =>
  new Command('block')
    .description('digests (SHA-256) that nobody may store; what is stored of them already is taken down')
    .addCommand(listCommand(context))
    .addCommand(addCommand(context))
    .addCommand(removeCommand(context))

const wholeHouse = ['--house', 'of the whole house; opens the database (HERONRY_DATABASE_URL)'] as const
const why = ['--reason <text>', 'why, for the audit log'] as const

const listCommand = (context: Context): Command =>
  new Command('list')
    .description("the community's own, or those of the house")
    .option(...wholeHouse)
    .action(async ({ house }: { house?: true }, command) => {
      await context.output(command).rows({
        header: ['SHA256', 'NOTE'],
        pages: house ? housePages(context) : blockPages(await context.admin(command)),
        cells: (it) => [it.sha256, it.note],
      })
    })

async function* housePages({ terminal }: Context): AsyncGenerator<readonly defs.BlobBlock[]> {
  yield (await startTask(terminal, { service: 'blob-worker', args: ['blob-block-list'] })) as defs.BlobBlock[]
}

async function* blockPages(house: House): AsyncGenerator<readonly defs.BlobBlock[]> {
  let cursor: string | undefined
  do {
    const page = await house.call(admin.listBlobBlocks, { params: { limit: accountPageSize, cursor } })
    yield page.blocks
    cursor = page.cursor
  } while (cursor !== undefined)
}

interface Editing {
  readonly house?: true
  readonly note?: string
  readonly reason: string
}

const addCommand = (context: Context): Command =>
  new Command('add')
    .description('refuses them from now on')
    .argument('<digests...>', 'SHA-256 in hexadecimal, or CIDs of blobs', parseDigest)
    .option('--note <text>', 'where they come from')
    .option(...wholeHouse)
    .requiredOption(...why)
    .action(async (sha256s: string[], { house, note, reason }: Editing, command) => {
      const added = house
        ? await startTask(context.terminal, {
            service: 'blob-worker',
            args: ['blob-block-add', note ?? reason, ...sha256s],
          })
        : await (await context.admin(command)).call(admin.editBlobBlocks, {
            input: { add: sha256s.map((sha256) => ({ sha256, ...(note && { note }) })), reason },
          })
      await context.output(command).data(added, () => fields(Object(added)))
    })

const removeCommand = (context: Context): Command =>
  new Command('remove')
    .description('takes them again; what was taken down stays so')
    .argument('<digests...>', 'SHA-256 in hexadecimal, or CIDs of blobs', parseDigest)
    .option(...wholeHouse)
    .requiredOption(...why)
    .action(async (sha256s: string[], { house, reason }: Editing, command) => {
      const removed = house
        ? await startTask(context.terminal, {
            service: 'blob-worker',
            args: ['blob-block-remove', ...sha256s],
          })
        : await (await context.admin(command)).call(admin.editBlobBlocks, {
            input: { remove: sha256s, reason },
          })
      await context.output(command).data(removed, () => fields(Object(removed)))
    })

function parseDigest(text: string, before: string[] = []): string[] {
  if (/^[0-9a-f]{64}$/i.test(text)) return [...before, text.toLowerCase()]
  try {
    return [...before, Buffer.from(CID.parse(text).multihash.digest).toString('hex')]
  } catch {
    throw new InvalidArgumentError('a SHA-256 in 64 hexadecimal digits, or a CID, is expected.')
  }
}
