import { runCli } from './cli.ts'

const { env, stdin, stdout, stderr, argv } = process
// Who reads our output has seen enough (`| head`): that is no failure of ours.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})
process.exitCode = await runCli({ env, stdin, stdout, stderr }, argv.slice(2))
