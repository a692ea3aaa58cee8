import type { DeviceData, DeviceStore } from '@atproto/oauth-provider/store'
import type { Community } from '@heronry/communities/community'
import type { Database } from '@heronry/db/database'

/** The browsers that a community's pages know by a cookie. What members signed in on one goes with it. */
export function createDeviceStore({
  db,
  community,
}: {
  db: Database
  community: Pick<Community, 'id'>
}): DeviceStore {
  const community_id = community.id
  return {
    async createDevice(id, data) {
      await db
        .insertInto('oauth_device')
        .values({ community_id, id, ...columns(data) })
        .execute()
    },
    async readDevice(id) {
      const row = await db
        .selectFrom('oauth_device')
        .select(deviceColumns)
        .where('community_id', '=', community_id)
        .where('id', '=', id)
        .executeTakeFirst()
      return row === undefined ? null : deviceOf(row)
    },
    async updateDevice(id, { sessionId, lastSeenAt, userAgent, ipAddress }) {
      await db
        .updateTable('oauth_device')
        .set({
          ...(sessionId !== undefined && { session_id: sessionId }),
          ...(lastSeenAt !== undefined && { last_seen_at: lastSeenAt }),
          ...(userAgent !== undefined && { user_agent: userAgent }),
          ...(ipAddress !== undefined && { ip_address: ipAddress }),
        })
        .where('community_id', '=', community_id)
        .where('id', '=', id)
        .execute()
    },
    async deleteDevice(id) {
      await db
        .deleteFrom('oauth_device')
        .where('community_id', '=', community_id)
        .where('id', '=', id)
        .execute()
    },
  }
}

export const deviceColumns = ['session_id', 'user_agent', 'ip_address', 'last_seen_at'] as const

export interface DeviceRow {
  session_id: string
  user_agent: string | null
  ip_address: string
  last_seen_at: Date
}

export function deviceOf({ session_id, user_agent, ip_address, last_seen_at }: DeviceRow): DeviceData {
  return {
    sessionId: session_id as DeviceData['sessionId'],
    userAgent: user_agent,
    ipAddress: ip_address,
    lastSeenAt: last_seen_at,
  }
}

function columns({ sessionId, userAgent, ipAddress, lastSeenAt }: DeviceData): DeviceRow {
  return {
    session_id: sessionId,
    user_agent: userAgent,
    ip_address: ipAddress,
    last_seen_at: lastSeenAt,
  }
}
