import { invalidHandle } from '@heronry/core/handle'
import type { ActorId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import type { NoticeTemplate } from '@heronry/jobs/kinds/send-mail'
import { enqueueMail } from './enqueue-mail.ts'
import { findLogin, type Login } from './find-login.ts'

export interface Notice {
  readonly template: NoticeTemplate
  /** What its words ask for (`noticeValues`). */
  readonly values?: Readonly<Record<string, string>>
  readonly at: Date
}

/** Tells a member by mail what has happened to the account, in the transaction in which it happens; to the address that `login` has. */
export async function notify(
  tx: Transaction,
  { login, template, values = {}, at }: Notice & { readonly login: Login },
): Promise<void> {
  const { id: actorId, communityId, handle } = login.actor
  const mail = { template, handle: handle ?? invalidHandle, values }
  await enqueueMail(tx, { communityId, actorId, to: login.email, at, mail })
}

/** As `notify`, to the address that the account has now; nothing for an actor without an account. */
export async function notifyActor(
  tx: Transaction,
  { actorId, ...notice }: Notice & { readonly actorId: ActorId },
): Promise<void> {
  const login = await findLogin(tx, actorId)
  if (login !== undefined) await notify(tx, { ...notice, login })
}
