import type { IncomingMessage, ServerResponse } from 'node:http'
import type { OAuthProvider } from '@atproto/oauth-provider/provider'
import type { DeviceId } from '@atproto/oauth-provider/store'
import type { Did } from '@heronry/core/did'
import type { Handle } from '@heronry/core/handle'

export interface DeviceAccountView {
  readonly did: Did
  readonly handle: Handle | null
  /** It signed in too long ago for what matters. */
  readonly loginRequired: boolean
}

/** Who is signed in on the browser that asks, which is given its cookies where it has none. */
export async function deviceAccounts(
  provider: OAuthProvider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<{ deviceId: DeviceId; accounts: DeviceAccountView[] }> {
  const { deviceId } = await provider.deviceManager.load(request, response)
  const found = await provider.accountManager.listDeviceAccounts(deviceId)
  const accounts = found.map((it) => ({
    did: it.account.did as Did,
    handle: (it.account.handle as Handle | undefined) ?? null,
    loginRequired: provider.checkLoginRequired(it),
  }))
  return { deviceId, accounts }
}

/** Signs a member in on the browser that asks, whose cookies are made anew. Whoever calls it has seen that it is the member. */
export async function signInDevice(
  provider: OAuthProvider,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
  did: Did,
): Promise<void> {
  const { deviceId } = await provider.deviceManager.load(request, response, true)
  await provider.accountManager.upsertDeviceAccount(deviceId, did)
}
