import { Command } from 'commander'
import type { Context } from '../context.ts'
import { CliError } from '../exit-codes.ts'
import { table } from '../output.ts'
import { startTask } from '../start-task.ts'

export const repoCommand = (context: Context): Command =>
  new Command('repo')
    .description('repositories; opens the database (HERONRY_DATABASE_URL)')
    .addCommand(verifyCommand(context))
    .addCommand(rebuildCommand(context))

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

interface Rebuilt {
  readonly did: string
  /** Absent where the house has no repo of it. */
  readonly community?: string
  readonly rev?: string
  readonly records?: number
  readonly sameTree?: boolean
  readonly renamed?: readonly string[]
  readonly leftOut?: readonly string[]
  /** How long writes of the repo waited. */
  readonly lockedMs?: number
}

const rebuildCommand = (context: Context): Command =>
  new Command('rebuild')
    .description(
      'makes a repo anew from the values of its records, signs it and announces it; needs HERONRY_KEK',
    )
    .argument('<did>')
    .option('--leave-out-unreadable', 'lose records whose value is no record, instead of refusing')
    .action(async (did: string, options: { leaveOutUnreadable?: true }, command) => {
      assertDid(did)
      const option = options.leaveOutUnreadable ? ['leave-out-unreadable'] : []
      const task = { service: 'api', args: ['repo-rebuild', did, ...option] } as const
      const rebuilt = (await startTask(context.terminal, task)) as Rebuilt[]
      const output = context.output(command)
      output.data(rebuilt, () =>
        table(
          ['DID', 'COMMUNITY', 'REV', 'RECORDS', 'TREE', 'LOCKED MS'],
          rebuilt.map((it) => [
            it.did,
            it.community,
            it.rev,
            it.records,
            it.sameTree ? 'as before' : 'another',
            it.lockedMs,
          ]),
        ),
      )
      for (const { renamed = [], leftOut = [] } of rebuilt) {
        for (const path of renamed) output.note(`${path}: has the CID of its value now`)
        for (const path of leftOut) output.note(`${path}: is left out, its value was no record`)
      }
      if (rebuilt.every(({ community }) => community === undefined))
        throw new CliError('notFound', 'No such repo')
    })

function assertDid(did: string): void {
  if (!/^did:[a-z]+:.+/.test(did)) throw new CliError('usage', `${did} is not a DID`)
}

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
