import type { Did } from '@heronry/core/did'
import type { Seq } from '@heronry/core/ids'
import type { Redis } from 'ioredis'
import { journalDidsMax } from '../limits.ts'
import { askRedis } from '../redis-question.ts'

/** Names of the two entries that are no DID: since when, and up to which seq, the journal knows of everybody. */
const since = '<'
const reach = '>'

/**
 * Whom the firehose has spoken of lately: a sorted set in Redis, each DID with the seq of the last event about it. Only a
 * rollback of Postgres reads it, to know whom the lost tail was about.
 *
 * Invariant: of everybody spoken of with since < seq <= reach, the DID is in the set with its last seq. What is evicted, flushed or
 * was never written moves `since` up, and a question that goes back further has no answer.
 */
export class TailJournal {
  readonly #options: { readonly redisUrl: string; readonly key: string }

  constructor(options: { redisUrl: string; key: string }) {
    this.#options = options
  }

  /** Everybody that was spoken of after `after` and up to `upto`; undefined where the journal does not know. */
  async read({ after, upto }: { after: Seq; upto: Seq }): Promise<Did[] | undefined> {
    const { redisUrl, key } = this.#options
    const [from, to, dids] = await askRedis(redisUrl, (redis) =>
      Promise.all([
        redis.zscore(key, since),
        redis.zscore(key, reach),
        redis.zrangebyscore(key, `(${after}`, '+inf'),
      ]),
    )
    if (from === null || to === null || Number(from) > after || Number(to) < upto) return undefined
    return dids.filter((did): did is Did => did !== since && did !== reach)
  }

  /** Up to where it has been written; undefined where it is empty. */
  async reach(redis: Redis): Promise<Seq | undefined> {
    const to = await redis.zscore(this.#options.key, reach)
    return to === null ? undefined : (Number(to) as Seq)
  }

  /** Adds who was spoken of with after < seq <= upto. Idempotent; where something before `after` is missing, `since` moves there. */
  async write(
    redis: Redis,
    entry: { after: Seq; upto: Seq; subjects: ReadonlyMap<Did, Seq> },
  ): Promise<void> {
    const { after, upto, subjects } = entry
    const scored = Array.from(subjects, ([did, seq]) => [seq, did]).flat()
    await redis.eval(addScript, 1, this.#options.key, after, upto, journalDidsMax, ...scored)
  }
}

const addScript = `
local key, after, upto, max = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local reach = redis.call('ZSCORE', key, '${reach}')
if not reach or tonumber(reach) < after then redis.call('ZADD', key, after, '${since}') end
redis.call('ZADD', key, 'GT', upto, '${reach}')
for i = 4, #ARGV, 2 do redis.call('ZADD', key, 'GT', ARGV[i], ARGV[i + 1]) end
local over = redis.call('ZCARD', key) - 2 - max
if over > 0 then
  local popped = redis.call('ZPOPMIN', key, over + 1)
  redis.call('ZADD', key, popped[#popped], '${since}')
end`
