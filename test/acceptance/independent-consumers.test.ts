import { expect, test, vi } from 'vitest'
import { oneProcess } from './house-kinds.ts'
import { atcute } from './independent/atcute.ts'
import { atprotoSync } from './independent/atproto-sync.ts'
import { Story } from './independent/story.ts'

const waiting = { timeout: 20_000, interval: 20 }

test.each([atprotoSync, atcute])(
  '$name verifies creates, updates, deletes, identities, accounts and syncs, and goes on from its cursor as if it had never been away',
  async (consumer) => {
    await using house = await oneProcess.start()
    const story = new Story(house)
    const heard: string[] = []
    let cursor = 0
    /** Follows until it has heard the whole story so far. */
    async function listen(act: () => Promise<void>): Promise<void> {
      await using following = consumer.follow(house, { cursor })
      await act()
      const now = () => [...heard, ...following.told.map(({ what }) => what), ...following.errors]
      await vi.waitFor(() => expect(now()).toEqual(story.told), waiting)
      heard.push(...following.told.map(({ what }) => what))
      cursor = following.told.at(-1)?.seq ?? cursor
    }

    const ann = await story.signUp()
    const ben = await story.signUp()
    await listen(async () => {
      for (let index = 0; index < 40; index++) await story.create(ann, `note-${index}`)
      await story.create(ben, 'farewell')
      for (const index of [3, 5, 8]) await story.update(ann, `note-${index}`)
      for (const index of [5, 13, 21]) await story.delete(ann, `note-${index}`)
      await story.exchange(ann, { gone: 'note-34', made: ['note-50', 'note-51', 'note-52'] })
    })
    // While it is away.
    await story.deactivate(ann)
    await story.leave(ben)
    await story.activate(ann)
    await story.update(ann, 'note-3')
    const cat = await story.signUp()
    await listen(async () => {
      await story.create(cat, 'hello')
      await story.delete(ann, 'note-3')
    })
  },
)
