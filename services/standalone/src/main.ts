import { readConfig } from '@heronry/config/read-config'
import { migrate } from '@heronry/entryway/tasks/migrate'
import { runMain } from '@heronry/xrpc/process/run-main'
import { runProcess } from '@heronry/xrpc/process/run-process'
import { openHouse } from './house.ts'

const service = 'standalone'

/**
 * The whole house in one process, by environment alone. It ends with SIGINT or SIGTERM; with code 1 when the configuration is
 * not usable, the house cannot be opened, or a part of it fails.
 */
await runMain({
  serve: () => runProcess({ service, ...readConfig(process.env, { service }), migrate, open: openHouse }),
})
