import type { CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import type { CommunitySettings, MailSettings } from './community.ts'

/** What a mail says of the community that it comes from. */
export interface MailSender {
  readonly serviceName: string
  readonly links: { home?: string; support?: string }
  readonly brand: MailSettings
}

/** As it is at this moment. Throws where there is no such community. */
export async function findMailSender(tx: Transaction, id: CommunityId): Promise<MailSender> {
  const row = await tx
    .selectFrom('community')
    .select('settings')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  const { name, links, mail = {} } = row.settings as CommunitySettings
  const { home, support } = links
  return { serviceName: name, links: { ...(home && { home }), ...(support && { support }) }, brand: mail }
}
