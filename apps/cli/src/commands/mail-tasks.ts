import { Command } from 'commander'
import type { Context } from '../context.ts'
import { CliError } from '../exit-codes.ts'
import { startTask } from '../start-task.ts'

interface Preview {
  readonly subject: string
  readonly text: string
  readonly html: string
}

interface PreviewOptions {
  readonly name?: string
  readonly color?: string
  readonly language?: string
  readonly html?: true
}

/** Without a house: nobody is asked, and nothing is sent. */
export const previewCommand = (context: Context): Command =>
  new Command('preview')
    .description('a mail as it would be read, with made-up values')
    .argument('<template>', 'such as reset-password; any other word lists them')
    .option('--name <name>', "the community's name")
    .option('--color <#rrggbb>', "the community's colour")
    .option('--language <tag>', "the community's language")
    .option('--html', 'the HTML instead of the text')
    .action(async (template: string, options: PreviewOptions, command) => {
      const { html, ...brand } = options
      const args = ['preview', template, JSON.stringify(brand)]
      const preview = (await startTask(context.terminal, { service: 'email', args })) as Preview
      await context
        .output(command)
        .data(preview, () => (html ? preview.html : `Subject: ${preview.subject}\n\n${preview.text}`))
    })

interface Finding {
  readonly ok: boolean
  readonly check: string
  readonly says: string
}

/** Where the mail service is configured: its environment names the server and holds the key. */
export const doctorCommand = (context: Context): Command =>
  new Command('doctor')
    .description('whether mail is set up well: SMTP URL, and SPF, DKIM and DMARC as the DNS has them')
    .argument('[domains...]', "domains of communities' own addresses, beside that of the house")
    .action(async (domains: string[], _options, command) => {
      const args = ['doctor', ...domains]
      const findings = (await startTask(context.terminal, { service: 'email', args })) as Finding[]
      const lines = findings.map(({ ok, check, says }) => `${ok ? 'ok     ' : 'trouble'}  ${check}: ${says}`)
      await context.output(command).data(findings, () => lines.join('\n'))
      if (findings.some(({ ok }) => !ok)) throw new CliError('failure', 'Mail may not arrive')
    })
