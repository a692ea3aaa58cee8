import { readFile } from 'node:fs/promises'
import type { CommunityDirectory } from '@heronry/communities/directory'
import { errorAnswer } from '@heronry/xrpc/error-answer'
import type { RouteParts } from '@heronry/xrpc/process/open-app'
import { noteRequest } from '@heronry/xrpc/request-notes'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply } from 'fastify'
import { pageFormBytesMax } from '../limits.ts'
import { ownHostOnly } from '../routes/own-host.ts'
import { brandOf } from './brand.ts'
import { confirmRoutes } from './confirm-routes.ts'
import { html } from './html.ts'
import { scriptPath, stylePath } from './layout.ts'
import type { PageDeps } from './page-deps.ts'
import { pageHeaders } from './page-headers.ts'
import { pageLimiters } from './page-limits.ts'
import { passkeyRoutes } from './passkey-routes.ts'
import { sectionRoutes } from './section-routes.ts'
import { appPasswordsSection } from './security/app-passwords.ts'
import { exportSection } from './security/export.ts'
import { invitesSection } from './security/invites.ts'
import { overviewSection } from './security/overview.ts'
import { passkeysSection } from './security/passkeys.ts'
import { recoveryKeysSection } from './security/recovery-keys.ts'
import { twoFactorSection } from './security/two-factor.ts'
import { sendPage } from './send-page.ts'
import { signInRoutes } from './sign-in-routes.ts'
import { styleSheet } from './style.ts'

/** /account/security and /account/passkey: what the pages of the OAuth provider do not have, for who is signed in on them. */
export const pageRoutes = (deps: PageDeps): FastifyPluginAsync<RouteParts> => {
  const sections = [
    overviewSection(deps),
    passkeysSection(deps),
    twoFactorSection(deps),
    appPasswordsSection(deps),
    recoveryKeysSection(deps),
    invitesSection(deps),
    exportSection,
  ]
  return async (app, { rateLimiters }) => {
    const { shown, sent, mailed } = pageLimiters(rateLimiters)
    app.addHook('onRequest', ownHostOnly(deps.communities))
    app.addHook('onRequest', async (req, reply) => {
      await (req.method === 'POST' ? sent : shown)?.(reply, { req })
    })
    app.addHook('onSend', async (_request, reply) => {
      reply.headers(pageHeaders)
    })
    readBodies(app)
    answerErrors(app, deps)
    await app.register(assetRoutes(deps))
    await app.register(sectionRoutes({ ...deps, countMail: mailed }, sections))
    await app.register(confirmRoutes(deps, sections))
    await app.register(passkeyRoutes(deps))
    await app.register(signInRoutes(deps))
  }
}

function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  const options = { parseAs: 'string', bodyLimit: pageFormBytesMax } as const
  app.addContentTypeParser('application/x-www-form-urlencoded', options, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  )
  app.addContentTypeParser('application/json', options, app.getDefaultJsonParser('error', 'error'))
}

/** What is wrong with a request, on a page; to a script as its message. */
function answerErrors(app: FastifyInstance, { communities }: PageDeps): void {
  app.setErrorHandler(async (error, request, reply): Promise<FastifyReply> => {
    const { status, body } = errorAnswer(error)
    noteRequest(request, { error: body.error, ...(status >= 500 && { cause: error }) })
    reply.code(status)
    if (request.headers['content-type']?.startsWith('application/json')) return reply.send(body)
    const { community } = await communities.forHost(request.headers.host)
    noteRequest(request, { community: community.slug })
    const told = { isProblem: true, text: body.message }
    const back = html`<p><a href="/account/security">Back to your security pages</a></p>`
    return sendPage(reply, { community, title: 'That did not work', told, body: back })
  })
}

const assetRoutes =
  ({ communities }: { communities: CommunityDirectory }): FastifyPluginAsync =>
  async (app) => {
    const script = await readFile(new URL('assets/passkey.js', import.meta.url), 'utf8')
    app.get(scriptPath, (_request, reply) => reply.type('text/javascript; charset=utf-8').send(script))
    app.get(stylePath, async (request, reply) => {
      const { community } = await communities.forHost(request.headers.host)
      return reply.type('text/css; charset=utf-8').send(styleSheet(brandOf(community)))
    })
  }
