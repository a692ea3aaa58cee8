import { readConfig } from '@heronry/config/read-config'
import { runMain } from '@heronry/xrpc/process/run-main'
import { runProcess, runTask } from '@heronry/xrpc/process/run-process'
import { prepareHouse } from './migrate.ts'
import { serveEntryway } from './serve.ts'

/** Without arguments the service; `--task migrate` brings schema and communities up to date, as the user who connects, and ends. */
await runMain(async () => {
  const service = 'entryway'
  const told = { service, ...readConfig(process.env, { service }) }
  const [option, task] = process.argv.slice(2)
  if (option === undefined) await runProcess({ ...told, open: serveEntryway })
  else if (option === '--task' && task === 'migrate') await runTask({ ...told, task: prepareHouse })
  else throw new Error('Usage: node services/entryway/src/main.ts [--task migrate]')
})
