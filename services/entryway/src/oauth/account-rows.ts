import type { AuthorizedClients, DeviceId, Did } from '@atproto/oauth-provider/store'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { type DeviceRow, deviceColumns } from './device-store.ts'

/** A member on a device. */
export interface DeviceAccountRow extends DeviceRow {
  device_id: string
  did: string
  created_at: Date
  /** When it was last signed in there. */
  updated_at: Date
}

type DeviceAccountKey = { deviceId: DeviceId } | { did: Did } | { deviceId: DeviceId; did: Did }

export async function listDeviceAccountRows(
  db: Database,
  communityId: CommunityId,
  key: DeviceAccountKey,
): Promise<DeviceAccountRow[]> {
  let query = db
    .selectFrom('oauth_account_device as account')
    .innerJoin('oauth_device as device', (join) =>
      join
        .onRef('device.community_id', '=', 'account.community_id')
        .onRef('device.id', '=', 'account.device_id'),
    )
    .select(['account.device_id', 'account.did', 'account.created_at', 'account.updated_at'])
    .select(deviceColumns.map((column) => `device.${column}` as const))
    .where('account.community_id', '=', communityId)
    .orderBy('account.created_at')
  if ('deviceId' in key) query = query.where('account.device_id', '=', key.deviceId)
  if ('did' in key) query = query.where('account.did', '=', key.did)
  return await query.execute()
}

export interface SignedInDevice {
  readonly communityId: CommunityId
  readonly deviceId: DeviceId
  readonly actorId: ActorId
  readonly did: Did
  readonly at: Date
}

export async function upsertDeviceAccountRow(db: Database, signedIn: SignedInDevice): Promise<void> {
  const { communityId, deviceId, actorId, did, at: updated_at } = signedIn
  await db
    .insertInto('oauth_account_device')
    .values({
      ...{ community_id: communityId, device_id: deviceId, actor_id: actorId, did },
      ...{ created_at: updated_at, updated_at },
    })
    .onConflict((conflict) =>
      conflict.columns(['community_id', 'device_id', 'did']).doUpdateSet({ updated_at }),
    )
    .execute()
}

export async function deleteDeviceAccountRow(
  db: Database,
  { communityId, deviceId, did }: { communityId: CommunityId; deviceId: DeviceId; did: Did },
): Promise<void> {
  await db
    .deleteFrom('oauth_account_device')
    .where('community_id', '=', communityId)
    .where('device_id', '=', deviceId)
    .where('did', '=', did)
    .execute()
}

export interface Consent {
  readonly communityId: CommunityId
  readonly actorId: ActorId
  readonly did: Did
  readonly clientId: string
  readonly scopes: readonly string[]
}

export async function upsertConsent(db: Database, consent: Consent): Promise<void> {
  const { communityId, actorId, did, clientId } = consent
  const given = { scopes: [...consent.scopes], updated_at: new Date() }
  await db
    .insertInto('oauth_authorized_client')
    .values({ community_id: communityId, actor_id: actorId, did, client_id: clientId, ...given })
    .onConflict((conflict) => conflict.columns(['community_id', 'did', 'client_id']).doUpdateSet(given))
    .execute()
}

/** By DID, what each member lets which app do. */
export async function findConsents(
  db: Database,
  communityId: CommunityId,
  dids: readonly string[],
): Promise<Map<string, AuthorizedClients>> {
  const found = new Map<string, AuthorizedClients>(dids.map((did) => [did, new Map()]))
  if (dids.length === 0) return found
  const rows = await db
    .selectFrom('oauth_authorized_client')
    .select(['did', 'client_id', 'scopes'])
    .where('community_id', '=', communityId)
    .where('did', 'in', dids)
    .execute()
  for (const { did, client_id, scopes } of rows) found.get(did)?.set(client_id, { authorizedScopes: scopes })
  return found
}
