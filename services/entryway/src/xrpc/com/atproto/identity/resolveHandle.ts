import { type ResolveHandleDeps, resolveHandle as resolve } from '@heronry/accounts/resolve-handle'
import { HeronryError } from '@heronry/core/error'
import { parseHandle } from '@heronry/core/handle'
import * as identity from '@heronry/lexicons/generated/com/atproto/identity'
import { method } from '@heronry/xrpc/method'

export const resolveHandle = (deps: ResolveHandleDeps) =>
  method(identity.resolveHandle, {
    handler: async ({ params, community }) => {
      const handle = parseHandle(params.handle)
      const did = await resolve(deps, { community, handle })
      if (did !== null) return { body: { did } }
      const isOfThisHouse = (await deps.communities.forHandle(handle)) !== undefined
      throw new HeronryError(isOfThisHouse ? 'HandleNotFound' : 'InvalidRequest', 'Unable to resolve handle')
    },
  })
