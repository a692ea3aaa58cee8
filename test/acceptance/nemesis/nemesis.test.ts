import pg from 'pg'
import { expect, test } from 'vitest'
import { Chance } from '../chance.ts'
import { herons, storks } from '../two-communities.ts'
import { Community } from './community.ts'
import { nemesisHouse } from './house.ts'
import { befallAll, mishapsOf } from './mishaps.ts'

const soak = process.env['HERONRY_SOAK'] !== undefined
const seed = Number(process.env['HERONRY_NEMESIS_SEED'] ?? Date.now() % 1_000_000)
/** In each, every mishap befalls once; it takes some 45 s. */
const rounds = soak ? 40 : 1

test(
  `whatever is killed, stopped, flushed or crashed, every subscriber sees each acknowledged commit once (HERONRY_NEMESIS_SEED=${seed})`,
  async () => {
    await using house = await nemesisHouse()
    await using first = new Community(house, { host: herons, seed: seed + 1 })
    await using second = new Community(house, { host: storks, seed: seed + 2 })
    const both = [first, second]
    const stop = new AbortController()
    const living = Promise.all(both.map((it) => it.live(stop.signal)))
    living.catch(() => stop.abort())
    const [chance, log] = [new Chance(seed), [] as string[]]
    for (let round = 0; round < rounds && !stop.signal.aborted; round++) {
      await befallAll(mishapsOf(house), { chance, log, signal: stop.signal })
    }
    stop.abort()
    await living

    const happened = `seed ${seed}\n${log.join('\n')}`
    const ended = house.processes.filter(({ runs }) => !runs)
    expect(
      ended.map(({ name, output }) => `${name}:\n${output}`),
      happened,
    ).toEqual([])
    for (const community of both) expect((await community.faults()).slice(0, 20), happened).toEqual([])
    const { epoch, lastSeq } = await numberingOf(house.postgres.url)
    console.log(`nemesis: seed ${seed}, ${epoch} terms, ${lastSeq} events,`, both.map(tally).join('; '))
    expect(epoch).toBeGreaterThan(2)
    // No mishap makes a leader doubt where it is: it would leave a million seqs out.
    expect(lastSeq).toBeLessThan(1_000_000)
  },
  soak ? 3_600_000 : 240_000,
)

function tally({ clients, subscribers }: Community): string {
  const total = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0)
  const acknowledged = total(clients.map((it) => it.acknowledged.length))
  const unsure = total(clients.map((it) => it.unsure))
  const visits = total(subscribers.map((it) => it.visits))
  return `${clients.length} accounts, ${acknowledged} commits acknowledged, ${unsure} answers missing, ${visits} visits`
}

async function numberingOf(databaseUrl: string): Promise<{ epoch: number; lastSeq: number }> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client.query('SELECT epoch::int, last_seq::int AS "lastSeq" FROM seq_state')
  await client.end()
  return rows[0]
}
