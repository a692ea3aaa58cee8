import { readConfig } from '@heronry/config/read-config'
import { readMailConfig } from '@heronry/config/read-task-config'
import { runMain } from '@heronry/xrpc/process/run-main'
import { runProcess } from '@heronry/xrpc/process/run-process'
import { serveEmail } from './serve.ts'
import { examineMail } from './tasks/doctor.ts'
import { preview } from './tasks/preview.ts'

const service = 'email'

await runMain({
  serve: () => runProcess({ service, ...readConfig(process.env, { service }), open: serveEmail }),
  tasks: {
    preview,
    doctor: async (domains) => examineMail({ ...readMailConfig(process.env), domains }),
  },
})
