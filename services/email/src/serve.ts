import type { EmailConfig } from '@heronry/config/house-config'
import { createWorker } from '@heronry/jobs/worker'
import type { OpenedService, ProcessParts } from '@heronry/xrpc/process/run-process'
import { openEmail } from './open.ts'

/** The mail service in a process of its own. */
export async function serveEmail(parts: ProcessParts<EmailConfig>): Promise<OpenedService> {
  const { config, ...house } = parts
  const email = openEmail(parts)
  return {
    services: [createWorker({ ...house, redisUrl: config.redis?.url, handlers: email.handlers })],
    async [Symbol.asyncDispose]() {
      email[Symbol.dispose]()
    },
  }
}
