import { readFile } from 'node:fs/promises'
import type { CommunityDirectory } from '@heronry/communities/directory'
import { HeronryError } from '@heronry/core/error'
import { errorAnswer } from '@heronry/xrpc/error-answer'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply } from 'fastify'
import { pageFormBytesMax } from '../limits.ts'
import { ownHostOnly } from '../routes/own-host.ts'
import { brandOf } from './brand.ts'
import { confirmRoutes } from './confirm-routes.ts'
import { html } from './html.ts'
import { scriptPath, stylePath } from './layout.ts'
import type { PageDeps } from './page-deps.ts'
import { pageHeaders } from './page-headers.ts'
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
import { styleSheet } from './style.ts'

/** /account/security and /account/passkey: what the pages of the OAuth provider do not have, for who is signed in on them. */
export const pageRoutes = (deps: PageDeps): FastifyPluginAsync => {
  const sections = [
    overviewSection(deps),
    passkeysSection(deps),
    twoFactorSection(deps),
    appPasswordsSection(deps),
    recoveryKeysSection(deps),
    invitesSection(deps),
    exportSection,
  ]
  return async (app) => {
    app.addHook('onRequest', ownHostOnly(deps.communities))
    app.addHook('onSend', async (_request, reply) => {
      reply.headers(pageHeaders)
    })
    readBodies(app)
    answerErrors(app, deps)
    await app.register(assetRoutes(deps))
    await app.register(sectionRoutes(deps, sections))
    await app.register(confirmRoutes(deps, sections))
    await app.register(passkeyRoutes(deps))
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
function answerErrors(app: FastifyInstance, { communities, logger }: PageDeps): void {
  app.setErrorHandler(async (error, request, reply): Promise<FastifyReply> => {
    if (!(error instanceof HeronryError)) throw error
    logger.info({ err: error, path: request.routeOptions.url }, 'a page refused a request')
    reply.code(errorAnswer(error).status)
    if (request.headers['content-type']?.startsWith('application/json')) {
      return reply.send({ error: error.code, message: error.message })
    }
    const { community } = await communities.forHost(request.headers.host)
    const told = { isProblem: true, text: error.message }
    const body = html`<p><a href="/account/security">Back to your security pages</a></p>`
    return sendPage(reply, { community, title: 'That did not work', told, body })
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
