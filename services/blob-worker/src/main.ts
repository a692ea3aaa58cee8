import { readConfig } from '@heronry/config/read-config'
import { readBlobTaskConfig, readTaskConfig } from '@heronry/config/read-task-config'
import { runMain } from '@heronry/xrpc/process/run-main'
import { runProcess } from '@heronry/xrpc/process/run-process'
import { serveBlobWorker } from './serve.ts'
import { collectGarbage } from './tasks/collect-garbage.ts'
import { addHouseBlocks, listHouseBlocks, removeHouseBlocks } from './tasks/house-blocks.ts'
import { reconcile } from './tasks/reconcile.ts'
import { verify } from './tasks/verify.ts'

const service = 'blob-worker'
const bucket = () => readBlobTaskConfig(process.env)
const house = () => readTaskConfig(process.env)

await runMain({
  serve: () => runProcess({ service, ...readConfig(process.env, { service }), open: serveBlobWorker }),
  tasks: {
    'blob-gc': async ([option]) => collectGarbage(bucket(), { isDry: option === 'dry-run' }),
    'blob-verify': async () => verify(bucket()),
    'blob-reconcile': async ([option]) =>
      reconcile(bucket(), { isDry: option === 'dry-run', straysMax: Number(option) || 0 }),
    'blob-block-list': async () => listHouseBlocks(house()),
    'blob-block-add': async ([note = '', ...sha256s]) =>
      addHouseBlocks(house(), { sha256s, note: note || null }),
    'blob-block-remove': async (sha256s) => removeHouseBlocks(house(), sha256s),
  },
})
