import { createLogger } from '@heronry/telemetry/logger'
import { expect, test, vi } from 'vitest'
import { Leader } from '../src/leader/leader.ts'
import { witnessLeadMax } from '../src/limits.ts'
import { advance, planAdvance } from '../src/rollback/advance.ts'
import { readNumberingStatus } from '../src/rollback/numbering-status.ts'
import { sequencerStatus } from '../src/tasks/sequencer-status.ts'
import { commitOne, stampingHouse } from './stamping-house.ts'

const promptly = { timeout: 15_000, interval: 20 }
const logger = createLogger({ service: 'sequencer', level: 'info', enabled: false })

test('an operator advances numbering under a leader that works, which goes on from there', async () => {
  await using house = await stampingHouse()
  await house.addRepos([1, 2])
  const stopping = new AbortController()
  const given = { db: house.db, databaseUrl: house.url, logger, announce: () => {} }
  const running = new Leader(given).run(stopping.signal)
  const seqs = async () => {
    const { rows } = await house.control.query('SELECT seq::int FROM event_seq ORDER BY seq')
    return rows.map(({ seq }) => seq)
  }
  await commitOne(house.control, 1)
  await vi.waitFor(async () => expect(await seqs()).toEqual([1]), promptly)
  expect(await advance({ ...given, journal: undefined }, 5_000)).toEqual({ from: 1, to: 5_000 })
  await commitOne(house.control, 2)
  await vi.waitFor(async () => expect(await seqs()).toEqual([1, 5_001]), promptly)
  const status = await sequencerStatus({ ...given, witnesses: [] })
  expect(status).toMatchObject({
    lastSeq: 5_001,
    isLeading: true,
    isVerified: true,
    unstampedAgeSeconds: null,
  })
  expect(status.resumptions).toMatchObject([
    { doubts: ['operator'], foundSeq: 1, witnessedSeq: 5_000, resumedSeq: 5_000, reannounced: 'everyone' },
  ])
  stopping.abort()
  await running
})

test('it is advanced up to its limit, not one further, and never back', async () => {
  await using house = await stampingHouse()
  await house.control.query('UPDATE seq_state SET last_seq = 7')
  expect(await planAdvance(house.db, 7 + witnessLeadMax)).toEqual({ from: 7, to: 7 + witnessLeadMax })
  for (const to of [8 + witnessLeadMax, 7, 6, 7.5, Number.NaN]) {
    await expect(planAdvance(house.db, to)).rejects.toThrow('The last seq is 7')
  }
})

test('the status says how long the oldest event has waited for its number, and that nobody leads', async () => {
  await using house = await stampingHouse()
  await house.addRepos([1, 2])
  expect(await readNumberingStatus(house.db)).toMatchObject({
    leader: null,
    isLeading: false,
    unstampedAgeSeconds: null,
  })
  for (const actor of [1, 2]) await commitOne(house.control, actor)
  await house.control.query(`UPDATE event SET created_at = now() - interval '90 s' WHERE actor_id = 1`)
  const { unstampedAgeSeconds } = await readNumberingStatus(house.db)
  expect(unstampedAgeSeconds).toBeGreaterThan(89)
  expect(unstampedAgeSeconds).toBeLessThan(150)
})
