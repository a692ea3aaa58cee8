import { Command } from 'commander'
import type { Context } from '../context.ts'
import { CliError } from '../exit-codes.ts'
import { table } from '../output.ts'
import { startTask } from '../start-task.ts'

export const repoCommand = (context: Context): Command =>
  new Command('repo')
    .description('repositories; opens the database (HERONRY_DATABASE_URL)')
    .addCommand(verifyCommand(context))

interface Verified {
  readonly did: string
  /** Absent where the house has no repo of it. */
  readonly community?: string
  readonly rev?: string
  readonly records?: number
  readonly nodes?: number
  readonly problems?: readonly string[]
}

const verifyCommand = (context: Context): Command =>
  new Command('verify')
    .description('whether everything of a repo is whole: commit, signature, records, tree; changes nothing')
    .argument('<did...>')
    .action(async (dids: string[], _options, command) => {
      const bad = dids.find((did) => !/^did:[a-z]+:.+/.test(did))
      if (bad !== undefined)
        throw new CliError('usage', `${bad} is not a DID: heronry account info tells that of a handle`)
      const task = { service: 'api', args: ['repo-verify', ...dids] } as const
      const verified = (await startTask(context.terminal, task)) as Verified[]
      const output = context.output(command)
      await output.data(verified, () =>
        table(
          ['DID', 'COMMUNITY', 'REV', 'RECORDS', 'NODES', 'VERDICT'],
          verified.map((it) => [it.did, it.community, it.rev, it.records, it.nodes, verdictOf(it)]),
        ),
      )
      for (const { did, problems = [] } of verified) {
        for (const problem of problems) output.note(`${did}: ${problem}`)
      }
      throwFor(verified)
    })

function verdictOf({ community, problems = [] }: Verified): 'whole' | 'damaged' | 'absent' {
  if (community === undefined) return 'absent'
  return problems.length === 0 ? 'whole' : 'damaged'
}

function throwFor(verified: readonly Verified[]): void {
  const verdicts = new Set(verified.map(verdictOf))
  if (verdicts.size > 1) throw new CliError('partial', 'Not every repo is whole')
  if (verdicts.has('absent')) throw new CliError('notFound', 'No such repo')
  if (verdicts.has('damaged')) throw new CliError('failure', 'The repo is damaged')
}
