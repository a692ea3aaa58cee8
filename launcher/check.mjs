import { install } from './installation.mjs'
import { Processes } from './processes.mjs'
import { environment, root } from './workspace.mjs'

/** `npm run check`: every rule that a tool can hold. All of them run; one that fails does not hide the next. */
const checks = {
  'format and lint': ['biome', 'check', '--error-on-warnings'],
  types: ['turbo', 'run', 'typecheck', '--continue', '--output-logs=errors-only', '--log-order=grouped'],
  layers: [
    'depcruise',
    'apps',
    'bench/src',
    'infra',
    'libs',
    'services',
    'launcher',
    'test',
    '--config',
    '.dependency-cruiser.mjs',
  ],
  'dead code': ['knip'],
}

const processes = new Processes()
await install(processes)
const env = { ...environment(), TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' }
const failed = []
for (const [name, command] of Object.entries(checks)) {
  console.log(`\n— ${name}: ${command.join(' ')}`)
  const code = await processes.run({ name, command, env, cwd: root })
  if (code !== 0) failed.push(name)
}
console.log(failed.length === 0 ? '\nAll checks hold.' : `\nFailed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
