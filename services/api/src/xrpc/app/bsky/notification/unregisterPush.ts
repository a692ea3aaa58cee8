import * as notification from '@heronry/lexicons/generated/app/bsky/notification'
import { method } from '@heronry/xrpc/method'
import { mayBeProxied, type ProxyDeps } from '../../../../proxy/proxy.ts'
import { tellPushService } from '../../../../push-service.ts'

const lxm = notification.unregisterPush.$lxm

export const unregisterPush = (deps: ProxyDeps) =>
  method(notification.unregisterPush, {
    auth: deps.auth.session(mayBeProxied),
    handler: ({ input, auth: session, community, reply }) =>
      tellPushService(deps, { lxm, body: input.body, session, community, reply }),
  })
