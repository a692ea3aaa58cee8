import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import type * as defs from '@heronry/lexicons/generated/host/heronry/admin/defs'
import { Argument, Command } from 'commander'
import type { Context } from '../context.ts'

export const handleRuleCommand = (context: Context): Command =>
  new Command('handle-rule')
    .description("the community's own words about handles, beside those of the software")
    .addCommand(listCommand(context))
    .addCommand(editCommand(context, { verb: 'add', description: 'more words; handles that are taken stay' }))
    .addCommand(editCommand(context, { verb: 'remove', description: 'words fewer' }))

const listCommand = (context: Context): Command =>
  new Command('list').description('all of them').action(async (_options, command) => {
    const house = await context.admin(command)
    const { rules } = await house.call(admin.listHandleRules)
    await print(context, command, rules)
  })

type Kind = defs.HandleRule['kind']

function editCommand(
  context: Context,
  { verb, description }: { verb: 'add' | 'remove'; description: string },
): Command {
  return new Command(verb)
    .description(description)
    .addArgument(new Argument('<kind>', 'what they are').choices(['reserved', 'inappropriate', 'allowed']))
    .argument('<words...>', 'letters, digits, dots and hyphens')
    .action(async (kind: Kind, words: string[], _options, command) => {
      const house = await context.admin(command)
      const input = { [verb]: words.map((word) => ({ kind, word })) }
      const { rules } = await house.call(admin.editHandleRules, { input })
      await print(context, command, rules)
    })
}

async function print(context: Context, command: Command, rules: readonly defs.HandleRule[]): Promise<void> {
  await context.output(command).rows({
    header: ['KIND', 'WORD'],
    pages: onePage(rules),
    cells: ({ kind, word }: defs.HandleRule) => [kind, word],
  })
}

async function* onePage<T>(items: readonly T[]): AsyncGenerator<readonly T[]> {
  yield items
}
