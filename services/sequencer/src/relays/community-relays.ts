import type { Community } from '@heronry/communities/community'
import { loadCommunities } from '@heronry/communities/store'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'

/** A community at one of the relays that it names. */
export interface CommunityRelay {
  readonly communityId: CommunityId
  readonly hostname: string
  /** Its origin. */
  readonly relay: string
}

/** Every community's relays; those of the communities that wrote last come first. */
export async function communityRelays(db: Database): Promise<CommunityRelay[]> {
  const communities = (await loadCommunities(db)).filter((it) => relaysOf(it).length > 0)
  if (communities.length === 0) return []
  const rows = await db.selectFrom('community_seq').select(['community_id', 'last_seq']).execute()
  const lastSeqs = new Map(rows.map((row) => [row.community_id as CommunityId, Number(row.last_seq)]))
  const activity = ({ id }: Community) => lastSeqs.get(id) ?? 0
  return communities
    .toSorted((one, other) => activity(other) - activity(one))
    .flatMap((it) => relaysOf(it).map((relay) => ({ communityId: it.id, hostname: it.hostname, relay })))
}

function relaysOf({ settings }: Community): readonly string[] {
  return settings.crawlers ?? []
}
