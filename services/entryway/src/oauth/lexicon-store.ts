import type { LexiconData, LexiconStore } from '@atproto/oauth-provider/store'
import type { Community } from '@heronry/communities/community'
import type { Database } from '@heronry/db/database'

/** The permission sets that a community has met, each as it was when it could last be had; null: nobody has it. */
export function createLexiconStore({
  db,
  community,
}: {
  db: Database
  community: Pick<Community, 'id'>
}): LexiconStore {
  const community_id = community.id
  return {
    async findLexicon(nsid) {
      const row = await db
        .selectFrom('oauth_lexicon')
        .select(['created_at', 'updated_at', 'last_succeeded_at', 'uri', 'lexicon'])
        .where('community_id', '=', community_id)
        .where('nsid', '=', nsid)
        .executeTakeFirst()
      if (row === undefined) return null
      return {
        createdAt: row.created_at,
        updatedAt: row.updated_at,
        lastSucceededAt: row.last_succeeded_at,
        uri: row.uri,
        lexicon: row.lexicon as LexiconData['lexicon'],
      }
    },
    async storeLexicon(nsid, { createdAt, updatedAt, lastSucceededAt, uri, lexicon }) {
      const found = {
        uri,
        updated_at: updatedAt,
        last_succeeded_at: lastSucceededAt,
        lexicon: lexicon === null ? null : JSON.stringify(lexicon),
      }
      await db
        .insertInto('oauth_lexicon')
        .values({ community_id, nsid, created_at: createdAt, ...found })
        .onConflict((conflict) => conflict.columns(['community_id', 'nsid']).doUpdateSet(found))
        .execute()
    },
    async deleteLexicon(nsid) {
      await db
        .deleteFrom('oauth_lexicon')
        .where('community_id', '=', community_id)
        .where('nsid', '=', nsid)
        .execute()
    },
  }
}
