import { findMailSuppression } from '@heronry/accounts/mail-suppression'
import type { CommunityId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { enqueue } from '@heronry/jobs/enqueue'
import { codePriority, type SendMail, sendMail } from '@heronry/jobs/kinds/send-mail'
import { createWorker } from '@heronry/jobs/worker'
import { createLogger } from '@heronry/telemetry/logger'
import { testDatabase } from '@heronry/testing/postgres'
import { vi } from 'vitest'
import { emailHandlers } from '../src/app.ts'
import { createEmailContext } from '../src/context.ts'

export type PostOffice = Awaited<ReturnType<typeof openPostOffice>>

/** The mail service at work, with the rights that it has, against whatever SMTP server the test has; and what the outbox says of it. */
export async function openPostOffice({ smtpUrl }: { smtpUrl: string }) {
  await using opening = new AsyncDisposableStack()
  const database = opening.use(await testDatabase())
  const db = database.as('heronry_email')
  const context = opening.use(createEmailContext({ db, mail: { smtpUrl, fromAddress: 'house@example.com' } }))
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const logger = createLogger({ service: 'email', level: 'debug', enabled: true, destination })
  const ending = new AbortController()
  const running = createWorker({ db, logger, handlers: emailHandlers(context) }).run(ending.signal)
  opening.defer(async () => {
    ending.abort()
    await running
  })
  const opened = opening.move()
  const rows = () => database.db.selectFrom('job_outbox').selectAll().orderBy('id').execute()
  return {
    lines,
    rows,
    /** Writes mails as a request does: one committed transaction. */
    post: (...mails: SendMail[]) =>
      inTransaction(database.db, { name: 'post' }, async (tx) => {
        for (const payload of mails) {
          const isCode = 'expiresAt' in payload.mail
          await enqueue(tx, sendMail, { payload, priority: isCode ? codePriority : 0 })
        }
      }),
    async counts() {
      const all = await rows()
      return {
        done: all.filter((row) => row.done_at !== null).length,
        dead: all.filter((row) => row.dead_at !== null).length,
        retried: all.filter((row) => row.done_at === null && row.dead_at === null && row.error !== null)
          .length,
      }
    },
    /** Lets the waits for another try pass: the same as waiting. */
    timePasses: () =>
      database.db
        .updateTable('job_outbox')
        .set({ run_at: new Date() })
        .where('done_at', 'is', null)
        .where('lease_until', 'is', null)
        .execute(),
    suppression: (communityId: CommunityId, address: string) =>
      findMailSuppression(database.db, { communityId, address }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** A notice; to whom is all that tells it from another. */
export function notice(to: string, communityId = 1): SendMail {
  return {
    communityId: communityId as CommunityId,
    serviceName: 'herons',
    to,
    at: Date.parse('2026-01-31T12:00:00Z'),
    mail: { template: 'password-changed', handle: 'grey.herons.test', values: {} },
  }
}

export function code(to: string): SendMail {
  const expiresAt = Date.now() + 900_000
  const mail = { handle: 'grey.herons.test', code: 'ABCDE-FGHIJ', expiresAt, validMinutes: 15 }
  return { ...notice(to), mail: { template: 'reset-password', ...mail } }
}

export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  await vi.waitUntil(condition, { timeout: 15_000, interval: 20 })
}
