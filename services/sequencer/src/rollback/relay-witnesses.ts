import type { Database } from '@heronry/db/database'
import type { HttpFetch } from '@heronry/identity/http-fetch'
import { relayWitnessesMax } from '../limits.ts'
import { communityRelays } from '../relays/community-relays.ts'
import { fetchHostStatus } from '../relays/host-status.ts'
import type { Witness } from './witness.ts'

/** Every relay remembers, for each community's hostname, the last seq that it has had. */
export async function relayWitnesses(db: Database, fetch: HttpFetch): Promise<Witness[]> {
  const relays = await communityRelays(db)
  return relays.slice(0, relayWitnessesMax).map((it) => ({
    name: `${it.relay} of ${it.hostname}`,
    async lastSeq(signal) {
      return (await fetchHostStatus(fetch, it, signal))?.seq
    },
  }))
}
