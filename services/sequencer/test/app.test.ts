import { openDatabase } from '@heronry/db/database'
import { createLogger } from '@heronry/telemetry/logger'
import { expect, test } from 'vitest'
import { sequencerLoops, sequencerSubscriptions } from '../src/app.ts'
import { createSequencerContext } from '../src/context.ts'
import { diskStore } from './archive-stores.ts'

const logger = createLogger({ service: 'sequencer', level: 'info', enabled: false })
const databaseUrl = 'postgres://nobody@127.0.0.1:1/nothing'
const redisUrl = 'redis://127.0.0.1:1'
const leading = [
  'sequencer-leader',
  'sequencer-retention',
  'event-partitions',
  'sequencer-crawl-requests',
  'sequencer-chunk-feed',
]
const serving = ['sequencer-edge-tail', 'sequencer-edge-sweep']

test.each([
  ['leader', undefined, leading, []],
  ['edge', undefined, serving, ['com.atproto.sync.subscribeRepos']],
  ['both', undefined, [...leading, ...serving], ['com.atproto.sync.subscribeRepos']],
  ['leader', redisUrl, [...leading, 'sequencer-stream-publisher', 'sequencer-journal'], []],
  ['edge', redisUrl, [...serving, 'sequencer-stream-listener'], ['com.atproto.sync.subscribeRepos']],
] as const)('the role %s with Redis at %s runs its own loops and no other', (role, redis, loops, nsids) => {
  const db = openDatabase({ url: databaseUrl, poolMax: 1, applicationName: 'test', onIdleError: () => {} })
  const context = createSequencerContext({
    db,
    databaseUrl,
    redisUrl: redis,
    logger,
    role,
    retentionMs: 1,
  })
  expect(sequencerLoops(context).map((loop) => loop.name)).toEqual(loops)
  expect(sequencerSubscriptions(context).map(({ schema }) => schema.nsid)).toEqual(nsids)
})

test('where there is an archive, who may lead writes it', async () => {
  const db = openDatabase({ url: databaseUrl, poolMax: 1, applicationName: 'test', onIdleError: () => {} })
  await using store = await diskStore()
  const parts = { db, databaseUrl, logger, retentionMs: 1, archive: store.objects }
  const namesOf = (role: 'leader' | 'edge') =>
    sequencerLoops(createSequencerContext({ ...parts, role })).map((loop) => loop.name)
  expect(namesOf('leader')).toEqual(leading.toSpliced(2, 0, 'sequencer-archiver'))
  expect(namesOf('edge')).toEqual(serving)
})
