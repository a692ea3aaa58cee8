import type { Account, AccountStore, DeviceAccount, DeviceId, Did } from '@atproto/oauth-provider/store'
import type { Login } from '@heronry/accounts/find-login'
import type { Community } from '@heronry/communities/community'
import { accountOf, findMember, requireMember } from './account-of.ts'
import {
  type DeviceAccountRow,
  deleteDeviceAccountRow,
  findConsents,
  listDeviceAccountRows,
  upsertConsent,
  upsertDeviceAccountRow,
} from './account-rows.ts'
import { deviceOf } from './device-store.ts'
import { type MemberActsDeps, memberActs } from './member-acts.ts'
import { type SignInActsDeps, signInActs } from './sign-in-acts.ts'

export type AccountStoreDeps = SignInActsDeps &
  MemberActsDeps & {
    community: Community
  }

/**
 * The members of one community, as its provider signs them in and its pages manage them: the operations that XRPC methods call, too.
 *
 * An account that is taken down or suspended is nobody here. Whoever ended an account's sessions (a new password, signing out everywhere) has
 * ended what devices remember of it.
 */
export function createAccountStore(deps: AccountStoreDeps): AccountStore {
  return { ...signInActs(deps), ...memberActs(deps), ...deviceAccounts(deps) }
}

function deviceAccounts({
  db,
  community,
}: AccountStoreDeps): Pick<
  AccountStore,
  | 'getAccount'
  | 'setAuthorizedClient'
  | 'upsertDeviceAccount'
  | 'getDeviceAccount'
  | 'removeDeviceAccount'
  | 'listDeviceAccounts'
> {
  const communityId = community.id
  const list = async (key: { deviceId: DeviceId } | { did: Did } | { deviceId: DeviceId; did: Did }) => {
    const rows = await listDeviceAccountRows(db, communityId, key)
    const dids = [...new Set(rows.map(({ did }) => did as Did))]
    const consents = await findConsents(db, communityId, dids)
    const logins = new Map<string, Login | undefined>()
    for (const did of dids) logins.set(did, await findMember(db, { community, did }))
    return rows.flatMap((row) => {
      const login = logins.get(row.did)
      if (login === undefined || isForgotten(row, login)) return []
      const authorizedClients = consents.get(row.did) ?? new Map()
      return [deviceAccount(row, { account: accountOf(login, community), authorizedClients })]
    })
  }
  return {
    async getAccount(did) {
      const login = await requireMember(db, { community, did })
      const consents = await findConsents(db, communityId, [did])
      return { account: accountOf(login, community), authorizedClients: consents.get(did) ?? new Map() }
    },
    async setAuthorizedClient(did, clientId, { authorizedScopes: scopes }) {
      const { actor } = await requireMember(db, { community, did })
      await upsertConsent(db, { communityId, actorId: actor.id, did, clientId, scopes })
    },
    async upsertDeviceAccount(deviceId, did) {
      const { actor } = await requireMember(db, { community, did })
      // Sessions may have been ended as of a moment that is yet to come: what ends them is dated in whole seconds.
      const at = new Date(Math.max(Date.now(), actor.sessionsSince?.getTime() ?? 0))
      await upsertDeviceAccountRow(db, { communityId, deviceId, actorId: actor.id, did, at })
    },
    getDeviceAccount: async (deviceId, did) => (await list({ deviceId, did }))[0] ?? null,
    removeDeviceAccount: (deviceId, did) => deleteDeviceAccountRow(db, { communityId, deviceId, did }),
    listDeviceAccounts: list,
  }
}

/** Signed in before all sessions of the account were ended. */
function isForgotten(row: DeviceAccountRow, { actor }: Login): boolean {
  return actor.sessionsSince !== null && row.updated_at < actor.sessionsSince
}

function deviceAccount(
  row: DeviceAccountRow,
  { account, authorizedClients }: { account: Account } & Pick<DeviceAccount, 'authorizedClients'>,
): DeviceAccount {
  return {
    deviceId: row.device_id as DeviceId,
    deviceData: deviceOf(row),
    ...{ account, authorizedClients },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
