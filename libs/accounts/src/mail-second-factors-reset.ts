import { invalidHandle } from '@heronry/core/handle'
import type { Transaction } from '@heronry/db/in-transaction'
import { enqueue } from '@heronry/jobs/enqueue'
import { sendMail } from '@heronry/jobs/kinds/send-mail'
import type { Login } from './find-login.ts'
import type { MailSender } from './mail-token.ts'

/** Tells an account's owner that its administrator has taken its second factors: if, and only if, it is so. */
export async function mailSecondFactorsReset(
  tx: Transaction,
  { community, login }: { community: MailSender; login: Login },
): Promise<void> {
  const { name, links } = community.settings
  await enqueue(tx, sendMail, {
    payload: {
      communityId: community.id,
      serviceName: name,
      links: { ...(links.home && { home: links.home }), ...(links.support && { support: links.support }) },
      to: login.email,
      mail: { template: 'second-factors-reset', handle: login.actor.handle ?? invalidHandle, values: {} },
    },
  })
}
