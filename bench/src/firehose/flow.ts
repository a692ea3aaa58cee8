import { setTimeout as delay } from 'node:timers/promises'
import { createPosts } from '../cases/create-record.ts'
import { type Account, expectOk, type House } from '../load/house.ts'
import type { EventTable } from '../sides/event-table.ts'

const accountCount = 50
const templates = 200
const settledMs = 200

/** Posts whose events can be copied: the same ones, in one order, on both sides. */
export async function seedFlow(house: House): Promise<void> {
  await seedFlowOf(house, await house.sharedAccounts(accountCount))
}

/** For a line of ours alone, whose accounts must not be those that both sides share. */
export async function seedFlowAlone(house: House): Promise<void> {
  await seedFlowOf(house, await house.newAccounts(accountCount))
}

async function seedFlowOf(house: House, accounts: readonly Account[]): Promise<void> {
  const posts = createPosts(house, { accounts, ops: templates })
  await posts.prepare?.()
  for (let index = 0; index < templates; index++) expectOk(await posts.op(index))
}

/** The table of a side's events, the newest 200 of which will be copied. */
export function openFlow(house: House): Promise<EventTable> {
  return house.side.openEvents(templates)
}

/** The last seq, once numbering has come to rest. */
export async function settledSeq(events: EventTable): Promise<number> {
  for (;;) {
    const before = await events.lastSeq()
    await delay(settledMs)
    if ((await events.lastSeq()) === before) return before
  }
}
