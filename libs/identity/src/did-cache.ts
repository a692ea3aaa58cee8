import type { Did } from '@heronry/core/did'
import type { Database } from '@heronry/db/database'
import type { DidDocument } from './did-document.ts'
import { cachedDocumentBytesMax } from './limits.ts'

export interface CachedDocument {
  readonly document: DidDocument
  readonly fetchedAt: Date
}

export async function findCachedDocument(db: Database, did: Did): Promise<CachedDocument | undefined> {
  const row = await db
    .selectFrom('did_cache')
    .select(['document', 'fetched_at'])
    .where('did', '=', did)
    .executeTakeFirst()
  return row && { document: row.document as unknown as DidDocument, fetchedAt: row.fetched_at }
}

/**
 * The newer answer stays, whichever is written last. Anybody may ask for any DID, and so have its document stored: one that is larger than
 * others need to be is not.
 */
export async function storeDocument(db: Database, { document, fetchedAt }: CachedDocument): Promise<void> {
  const json = JSON.stringify(document)
  if (Buffer.byteLength(json) > cachedDocumentBytesMax) return await forgetDocument(db, document.id)
  await db
    .insertInto('did_cache')
    .values({ did: document.id, document: json, fetched_at: fetchedAt })
    .onConflict((conflict) =>
      conflict
        .column('did')
        .doUpdateSet((eb) => ({
          document: eb.ref('excluded.document'),
          fetched_at: eb.ref('excluded.fetched_at'),
        }))
        .whereRef('did_cache.fetched_at', '<=', 'excluded.fetched_at'),
    )
    .execute()
}

export async function forgetDocument(db: Database, did: Did): Promise<void> {
  await db.deleteFrom('did_cache').where('did', '=', did).execute()
}

/** Takes away what was fetched before a moment; how many documents that were. */
export async function purgeDocuments(db: Database, before: Date): Promise<bigint> {
  const { numDeletedRows } = await db
    .deleteFrom('did_cache')
    .where('fetched_at', '<', before)
    .executeTakeFirst()
  return numDeletedRows
}
