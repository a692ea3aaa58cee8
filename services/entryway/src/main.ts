import { readConfig } from '@heronry/config/read-config'
import { readCommunitiesConfig, readMigrateConfig, readTaskConfig } from '@heronry/config/read-task-config'
import { runMain } from '@heronry/xrpc/process/run-main'
import { runProcess } from '@heronry/xrpc/process/run-process'
import { serveEntryway } from './serve.ts'
import { listCommunities } from './tasks/list-communities.ts'
import { prepareHouse } from './tasks/migrate.ts'
import { applyCommunities, planCommunities } from './tasks/plan-communities.ts'

const service = 'entryway'

/** Its tasks are what concerns the whole house. */
await runMain({
  serve: () => runProcess({ service, ...readConfig(process.env, { service }), open: serveEntryway }),
  tasks: {
    migrate: async () => prepareHouse(readMigrateConfig(process.env)),
    'community-list': async () => listCommunities(readTaskConfig(process.env)),
    'community-plan': async () => planCommunities(readCommunitiesConfig(process.env)),
    'community-apply': async () => applyCommunities(readCommunitiesConfig(process.env)),
  },
})
