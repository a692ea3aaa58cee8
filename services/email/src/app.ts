import { handle, type JobHandler } from '@heronry/jobs/handler'
import { sendMail } from '@heronry/jobs/kinds/send-mail'
import type { EmailContext } from './context.ts'
import { deliver } from './deliver.ts'

/** The jobs this service runs: those of the queue `mail`. */
export function emailHandlers(context: EmailContext): JobHandler[] {
  return [handle(sendMail, ({ id, payload }) => deliver(context, { id, mail: payload }))]
}
