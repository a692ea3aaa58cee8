import { Command } from 'commander'
import type { Context } from '../context.ts'
import { CliError } from '../exit-codes.ts'
import { fields, table } from '../output.ts'
import { startTask } from '../start-task.ts'
import { confirm } from '../terminal.ts'

export const sequencerCommand = (context: Context): Command =>
  new Command('sequencer')
    .description('numbering of the firehose; opens the database (HERONRY_DATABASE_URL)')
    .addCommand(statusCommand(context))
    .addCommand(advanceCommand(context))

interface Status {
  readonly lastSeq: number
  readonly epoch: number
  readonly leader: string | null
  readonly isLeading: boolean
  readonly isVerified: boolean
  readonly leaderAgeSeconds: number | null
  readonly unstampedAgeSeconds: number | null
  /** seq null: it could not be asked. */
  readonly witnesses: readonly { readonly name: string; readonly seq: number | null }[]
  readonly relays: readonly Relay[]
  readonly resumptions: readonly Resumption[]
  readonly lostAccounts: readonly { readonly did: string; readonly foundAt: string }[]
}

interface Relay {
  readonly communityId: number
  readonly relay: string
  readonly requestAnswer: string | null
  readonly hostStatus: string | null
  readonly hostSeq: number | null
  readonly hostAccountCount: number | null
}

interface Resumption {
  readonly at: string
  readonly doubts: readonly string[]
  readonly foundSeq: number
  readonly resumedSeq: number
  readonly reannounced: string
}

const statusCommand = (context: Context): Command =>
  new Command('status')
    .description(
      'last seq, leader, what waits for a number, witnesses and relays, what was resumed after a doubt',
    )
    .action(async (_options, command) => {
      const task = { service: 'sequencer', args: ['sequencer-status'] } as const
      const status = (await startTask(context.terminal, task)) as Status
      const output = context.output(command)
      output.data(status, () => humanStatus(status))
      for (const { did } of status.lostAccounts) output.note(`${did} was made in a tail that is lost`)
    })

function humanStatus(status: Status): string {
  const { leader, isLeading, isVerified, leaderAgeSeconds, unstampedAgeSeconds } = status
  const state = isLeading ? (isVerified ? 'leading' : 'in doubt') : 'gone'
  const heads = fields({
    'last seq': status.lastSeq,
    epoch: status.epoch,
    leader: leader === null ? 'none' : `${leader} (${state}, heard ${seconds(leaderAgeSeconds)} ago)`,
    unstamped: unstampedAgeSeconds === null ? 'nothing' : `for ${seconds(unstampedAgeSeconds)}`,
  })
  const witnesses = table(
    ['WITNESS', 'SEQ'],
    status.witnesses.map(({ name, seq }) => [name, seq ?? 'no answer']),
  )
  const relays = table(
    ['COMMUNITY', 'RELAY', 'CRAWL', 'STATUS', 'SEQ', 'ACCOUNTS'],
    status.relays.map((it) => [
      it.communityId,
      it.relay,
      it.requestAnswer ?? '',
      it.hostStatus ?? '',
      it.hostSeq ?? '',
      it.hostAccountCount ?? '',
    ]),
  )
  const resumptions = table(
    ['RESUMED AT', 'BECAUSE OF', 'FROM', 'TO', 'REANNOUNCED'],
    status.resumptions.map((it) => [it.at, it.doubts.join(' '), it.foundSeq, it.resumedSeq, it.reannounced]),
  )
  const shown = [
    status.witnesses.length > 0 && witnesses,
    status.relays.length > 0 && relays,
    status.resumptions.length > 0 && resumptions,
  ]
  return [heads, ...shown.filter((part) => part !== false)].join('\n\n')
}

function seconds(value: number | null): string {
  return value === null ? 'never' : `${value.toFixed(1)} s`
}

interface Advance {
  readonly from: number
  readonly to: number
}

interface AdvanceOptions {
  readonly to: string
  readonly dryRun?: true
  readonly yes?: true
  readonly reason?: string
}

const advanceCommand = (context: Context): Command =>
  new Command('advance')
    .description(
      'go on numbering after a seq that somebody outside has seen, and announce every account again; the house may run',
    )
    .requiredOption('--to <seq>', 'the last seq that was seen; numbers below it are never given again')
    .option('--dry-run', 'only say what would change')
    .option('--yes', 'do not ask')
    .option('--reason <text>', 'why, for the record')
    .action(async (options: AdvanceOptions, command) => {
      if (!/^\d{1,16}$/.test(options.to)) throw new CliError('usage', `${options.to} is not a seq`)
      const output = context.output(command)
      const run = (name: string) =>
        startTask(context.terminal, { service: 'sequencer', args: [name, options.to] }) as Promise<Advance>
      const plan = await run('sequencer-advance-plan')
      if (!options.dryRun && !options.yes) await consent(context, plan)
      const done = options.dryRun ? plan : await run('sequencer-advance')
      output.data(done, () => fields({ 'last seq was': done.from, 'last seq is': done.to }))
      if (options.dryRun) output.note('Nothing was changed.')
      else if (options.reason) output.note(`Advanced: ${options.reason}`)
    })

async function consent({ terminal }: Context, { from, to }: Advance): Promise<void> {
  const question = `Advance the last seq from ${from} to ${to} and announce every account again?`
  if (!(await confirm(terminal, question))) throw new CliError('failure', 'Nothing was changed')
}
