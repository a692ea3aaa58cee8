import { houseUnavailable } from '@heronry/auth/oauth-refusals'
import { oauthRequest } from './oauth-request.ts'

/**
 * The store, but that it ends nothing any more in a request that has lost the database: the provider ends a session whose refresh fails, for
 * whatever reason, and the database may be back by then.
 */
export function untilCutOff<Store extends object, Name extends keyof Store & string>(
  store: Store,
  name: Name,
): Store {
  const end = store[name] as (...args: unknown[]) => unknown
  const guarded = async (...args: unknown[]) => {
    if (oauthRequest()?.isCutOff === true) throw houseUnavailable(undefined)
    return await end(...args)
  }
  return { ...store, [name]: guarded }
}
