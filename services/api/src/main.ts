import { readConfig } from '@heronry/config/read-config'
import { readRebuildConfig, readTaskConfig } from '@heronry/config/read-task-config'
import { runMain } from '@heronry/xrpc/process/run-main'
import { runProcess } from '@heronry/xrpc/process/run-process'
import { serveApi } from './serve.ts'
import { rebuildRepos } from './tasks/rebuild-repos.ts'
import { verifyRepos } from './tasks/verify-repos.ts'

const service = 'api'

await runMain({
  serve: () => runProcess({ service, ...readConfig(process.env, { service }), open: serveApi }),
  tasks: {
    'repo-verify': async (dids) => verifyRepos(readTaskConfig(process.env), dids),
    'repo-rebuild': async ([did = '', option]) =>
      rebuildRepos(readRebuildConfig(process.env), {
        did,
        leaveOutUnreadable: option === 'leave-out-unreadable',
      }),
  },
})
