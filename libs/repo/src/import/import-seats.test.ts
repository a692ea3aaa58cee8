import type { CommunityId } from '@heronry/core/ids'
import { expect, test } from 'vitest'
import { ImportSeats } from './import-seats.ts'

const [herons, storks] = [1, 2] as CommunityId[] as [CommunityId, CommunityId]

test('communities take turns at the seats, however many one has waiting', async () => {
  const seats = new ImportSeats({ workingMax: 1 })
  const order: string[] = []
  const gate = Promise.withResolvers<void>()
  const work = (community: CommunityId, name: string) =>
    seats.work(community, async () => {
      order.push(name)
      await gate.promise
    })
  const all = [
    work(herons, 'heron 1'),
    work(herons, 'heron 2'),
    work(herons, 'heron 3'),
    work(storks, 'stork 1'),
    work(storks, 'stork 2'),
  ]
  expect(order).toEqual(['heron 1'])
  gate.resolve()
  await Promise.all(all)
  expect(order).toEqual(['heron 1', 'heron 2', 'stork 1', 'heron 3', 'stork 2'])
})

test('a seat is free again after its work has failed', async () => {
  const seats = new ImportSeats({ workingMax: 1 })
  await expect(seats.work(herons, () => Promise.reject(new Error('bad')))).rejects.toThrow('bad')
  await expect(seats.work(herons, async () => 'good')).resolves.toBe('good')
})

test('as many upload as may, and no more', async () => {
  const seats = new ImportSeats({ uploadsMax: 2 })
  const gate = Promise.withResolvers<void>()
  const two = [seats.upload(() => gate.promise), seats.upload(() => gate.promise)]
  await expect(seats.upload(() => gate.promise)).rejects.toMatchObject({ code: 'ServiceUnavailable' })
  gate.resolve()
  await Promise.all(two)
  await seats.upload(() => gate.promise)
})
