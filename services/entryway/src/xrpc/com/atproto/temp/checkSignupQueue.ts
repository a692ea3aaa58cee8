import type { Auth } from '@heronry/auth/create-auth'
import * as temp from '@heronry/lexicons/generated/com/atproto/temp'
import { method } from '@heronry/xrpc/method'

/** Nobody waits here: an account stands once it is made. */
export const checkSignupQueue = ({ auth }: { auth: Auth }) =>
  method(temp.checkSignupQueue, {
    auth: auth.session({ reach: 'standard' }),
    handler: () => ({ body: { activated: true } }),
  })
