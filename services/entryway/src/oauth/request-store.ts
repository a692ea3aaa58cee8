import type { RequestData, RequestId, RequestStore } from '@atproto/oauth-provider/store'
import { appFact, auditMember } from '@heronry/accounts/audit-member'
import type { Community } from '@heronry/communities/community'
import type { Did } from '@heronry/core/did'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { networkOf } from './oauth-request.ts'

/**
 * A community's authorization requests under way. One that has run out is still read, until it is swept: its answer says so. A code with a member
 * to it lets an app in: that is audited in the transaction that writes it, before anybody is told the code.
 */
export function createRequestStore({
  db,
  community,
}: {
  db: Database
  community: Pick<Community, 'id'>
}): RequestStore {
  const community_id = community.id
  return {
    async createRequest(id, data) {
      const { clientId, clientAuth, parameters, expiresAt, deviceId, did, code } = data
      await db
        .insertInto('oauth_request')
        .values({
          ...{ community_id, id, did, code },
          client_id: clientId,
          client_auth: JSON.stringify(clientAuth),
          parameters: JSON.stringify(parameters),
          expires_at: expiresAt,
          device_id: deviceId,
        })
        .execute()
    },
    async readRequest(id) {
      const row = await db
        .selectFrom('oauth_request')
        .select(requestColumns)
        .where('community_id', '=', community_id)
        .where('id', '=', id)
        .executeTakeFirst()
      return row === undefined ? null : requestOf(row as RequestRow)
    },
    async updateRequest(id, change) {
      const { did, code } = change
      if (!did || !code) return void (await update(db, { community_id, id, change }))
      await inTransaction(db, { name: 'let app in' }, async (tx) => {
        const row = await update(tx, { community_id, id, change })
        if (row === undefined) return
        const { clientId, parameters } = requestOf(row)
        const facts = { client: appFact(clientId), scope: appFact(parameters.scope ?? '') }
        const actor = { communityId: community_id, did: did as Did }
        const act = { actor, at: new Date(), network: networkOf(), isMember: true, facts }
        await auditMember(tx, { event: 'appLetIn', ...act })
      })
    },
    async deleteRequest(id) {
      await db
        .deleteFrom('oauth_request')
        .where('community_id', '=', community_id)
        .where('id', '=', id)
        .execute()
    },
    // Of any number that bring one code at once, one gets the row.
    async consumeRequestCode(code) {
      const row = await db
        .deleteFrom('oauth_request')
        .where('community_id', '=', community_id)
        .where('code', '=', code)
        .returning(['id', ...requestColumns])
        .executeTakeFirst()
      if (row === undefined) return null
      return { requestId: row.id as RequestId, data: requestOf(row as RequestRow) }
    },
  }
}

interface RequestChange {
  community_id: Community['id']
  id: RequestId
  change: Parameters<RequestStore['updateRequest']>[1]
}

/** What is undefined stays as it is; null is written. */
async function update(db: Database, { community_id, id, change }: RequestChange) {
  const { did, code, deviceId, expiresAt, parameters } = change
  const row = await db
    .updateTable('oauth_request')
    .set({
      ...(did !== undefined && { did }),
      ...(code !== undefined && { code }),
      ...(deviceId !== undefined && { device_id: deviceId }),
      ...(expiresAt !== undefined && { expires_at: expiresAt }),
      ...(parameters !== undefined && { parameters: JSON.stringify(parameters) }),
    })
    .where('community_id', '=', community_id)
    .where('id', '=', id)
    .returning(requestColumns)
    .executeTakeFirst()
  return row as RequestRow | undefined
}

const requestColumns = [
  'client_id',
  'client_auth',
  'parameters',
  'expires_at',
  'device_id',
  'did',
  'code',
] as const

interface RequestRow {
  client_id: RequestData['clientId']
  client_auth: RequestData['clientAuth']
  parameters: RequestData['parameters']
  expires_at: Date
  device_id: RequestData['deviceId']
  did: RequestData['did']
  code: RequestData['code']
}

function requestOf(row: RequestRow): RequestData {
  return {
    clientId: row.client_id,
    clientAuth: row.client_auth,
    parameters: row.parameters,
    expiresAt: row.expires_at,
    deviceId: row.device_id,
    did: row.did,
    code: row.code,
  }
}
