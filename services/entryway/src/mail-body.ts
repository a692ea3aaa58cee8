import { toDatetimeString } from '@atproto/syntax'
import type { JobState, JobView } from '@heronry/jobs/list-jobs'
import { maskEmail } from '@heronry/operators/mask-email'

const states: Record<JobState, string> = {
  waiting: 'queued',
  running: 'sending',
  retrying: 'retrying',
  done: 'sent',
  dead: 'failed',
}

/** host.heronry.account.defs#mailState */
export function mailStateBody({ label, state, createdAt, runAt, endedAt }: JobView) {
  const isWaiting = state === 'waiting' || state === 'retrying'
  return {
    template: label ?? 'unknown',
    state: states[state],
    createdAt: toDatetimeString(createdAt),
    ...(isWaiting && { dueAt: toDatetimeString(runAt) }),
    ...(endedAt && { endedAt: toDatetimeString(endedAt) }),
  }
}

/** host.heronry.admin.defs#mailView */
export function mailBody(job: JobView) {
  const to = recipientOf(job.payload)
  return {
    ...mailStateBody(job),
    id: String(job.id),
    tries: job.tries,
    ...(to !== undefined && { to: maskEmail(to) }),
    ...(job.error !== null && { error: job.error }),
  }
}

/** What does not parse as a mail is shown all the same: its job is dead for it. */
function recipientOf(payload: unknown): string | undefined {
  const { to } = Object(payload) as { to?: unknown }
  return typeof to === 'string' ? to : undefined
}
