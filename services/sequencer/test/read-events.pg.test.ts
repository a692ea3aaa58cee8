import type { Seq } from '@heronry/core/ids'
import { expect, test } from 'vitest'
import { readEvents } from '../src/edge/read-events.ts'
import { pageBytesMax, pageEventsMax } from '../src/limits.ts'
import { numberedHouse } from './numbered-house.ts'

const after = 0 as Seq

test('a page holds 1,000 events and not one more, and says how far it reaches', async () => {
  await using house = await numberedHouse(Array(pageEventsMax + 1).fill(1))
  const first = await readEvents(house.db, { after, upto: 1001 as Seq })
  expect([first.events.length, first.events.at(-1)?.seq, first.upto]).toEqual([pageEventsMax, 1000, 1000])
  const rest = await readEvents(house.db, { after: first.upto, upto: 1001 as Seq })
  expect(rest.events.map((event) => event.seq)).toEqual([1001])
})

test('a page that is full to the byte ends; one byte less and it takes another event', async () => {
  const half = pageBytesMax / 2
  await using full = await numberedHouse([half, half, 5])
  const cut = await readEvents(full.db, { after, upto: 3 as Seq })
  expect([cut.events.map((event) => event.body.length), cut.upto]).toEqual([[half, half], 2])

  await using almost = await numberedHouse([half, half - 1, 5, 5])
  const more = await readEvents(almost.db, { after, upto: 4 as Seq })
  expect([more.events.length, more.upto]).toEqual([3, 3])
})

test('one event larger than a page is a page', async () => {
  await using house = await numberedHouse([pageBytesMax + 1, 1])
  const page = await readEvents(house.db, { after, upto: 2 as Seq })
  expect([page.events.length, page.upto]).toEqual([1, 1])
})

test('a number whose event was dropped is passed over, and a page of nothing else still moves on', async () => {
  await using house = await numberedHouse(Array(4).fill(1))
  await house.control.query('DELETE FROM event WHERE id <= 3')
  const page = await readEvents(house.db, { after, upto: 4 as Seq })
  expect([page.events.map((event) => event.seq), page.upto]).toEqual([[4], 4])
  await house.control.query('DELETE FROM event')
  expect(await readEvents(house.db, { after, upto: 4 as Seq })).toEqual({ events: [], upto: 4, gap: true })
})
