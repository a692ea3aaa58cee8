import { eventKinds } from '@heronry/events/event'
import type { EntrywayHouse } from './entryway-house.ts'

const inactive = ['takendown', 'suspended', 'deactivated', 'deleted']

/** The statuses that the world was told of an account, in their order; its sign-up said `active`. */
export async function told({ db }: EntrywayHouse, did: string): Promise<string[]> {
  const rows = await db
    .selectFrom('event')
    .select('body')
    .where('kind', 'in', [eventKinds.account, eventKinds.deletion])
    .orderBy('id')
    .execute()
  const texts = rows
    .map(({ body }) => Buffer.from(body).toString('latin1'))
    .filter((text) => text.includes(did))
  return texts.map((text) => inactive.find((status) => text.includes(status)) ?? 'active')
}
