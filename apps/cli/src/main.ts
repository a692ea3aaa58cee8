import { runCli } from './cli.ts'

const { env, stdin, stdout, stderr, argv } = process
// Who writes is told (`write` in terminal.ts); without a listener it would end the process, with a stack.
for (const stream of [stdout, stderr]) stream.on('error', () => {})
process.exitCode = await runCli({ env, stdin, stdout, stderr }, argv.slice(2))
