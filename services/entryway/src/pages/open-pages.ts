import type { RouteParts } from '@heronry/xrpc/process/open-app'
import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import type { EntrywayContext } from '../context.ts'
import { deviceAccounts, signInDevice } from '../oauth/device-session.ts'
import type { Providers } from '../oauth/providers.ts'
import type { PageDeps } from './page-deps.ts'
import { pageRoutes } from './routes.ts'

/** The pages of accounts, for who is signed in at the provider of his community. */
export function openPages(context: EntrywayContext, providers: Providers): FastifyPluginAsync<RouteParts> {
  const { db, clock, logger, communities, resolver, events, signUp, sessions } = context
  const { passwords } = sessions
  return pageRoutes({
    ...{ db, clock, logger, communities, resolver, events, passwords, ...signUp },
    ...signedInAt(providers),
  })
}

function signedInAt(providers: Providers): Pick<PageDeps, 'signedIn' | 'signIn'> {
  return {
    async signedIn(request, reply, community) {
      Object.assign(request.raw, { ip: request.ip })
      const provider = await providers.of(community)
      const { accounts } = await deviceAccounts(provider, request.raw, reply.raw)
      takeCookies(reply)
      return accounts.filter(({ loginRequired }) => !loginRequired)
    },
    async signIn(request, reply, { community, did }) {
      Object.assign(request.raw, { ip: request.ip })
      const provider = await providers.of(community)
      await signInDevice(provider, { request: request.raw, response: reply.raw }, did)
      takeCookies(reply)
    },
  }
}

/** The provider writes its cookies to the raw answer, whose headers Fastify would write over where it sets a cookie, too. */
function takeCookies(reply: FastifyReply): void {
  const cookies = reply.raw.getHeader('set-cookie')
  reply.raw.removeHeader('set-cookie')
  for (const cookie of [cookies ?? []].flat()) reply.header('set-cookie', String(cookie))
}
