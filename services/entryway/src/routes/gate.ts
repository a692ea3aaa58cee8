import { issueGateCode } from '@heronry/accounts/gate-code'
import type { CommunityDirectory } from '@heronry/communities/directory'
import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import { parseHandle } from '@heronry/core/handle'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import { errorAnswer } from '@heronry/xrpc/error-answer'
import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import { type GatePage, type GateRequest, gatePage, gatePagePolicy } from '../gate/gate-page.ts'
import type { Captcha } from '../gate/hcaptcha.ts'
import { gateFormBytesMax, gateRedirectLengthMax, gateStateLengthMax } from '../limits.ts'
import { ownHostOnly } from './own-host.ts'

export interface GateDeps {
  captcha: Captcha
  communities: CommunityDirectory
  db: Database
  clock: Clock
  logger: Logger
}

type Fields = Record<string, string | undefined>

/**
 * `/gate/signup?state=&handle=&redirect_url=`, which clients open where describeServer says phoneVerificationRequired: who is no robot is
 * sent on with `code` and `state`, and signs up with the code as `verificationCode`.
 */
export const gateRoutes = (deps: GateDeps): FastifyPluginAsync => {
  const { captcha, communities, logger } = deps
  return async (app) => {
    app.addHook('onRequest', ownHostOnly(communities))
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: gateFormBytesMax },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    )
    app.setErrorHandler((error, _request, reply) => {
      if (!(error instanceof HeronryError)) throw error
      logger.warn({ err: error }, 'the sign-up gate did not open')
      return reply.code(errorAnswer(error).status).type('text/plain; charset=utf-8').send(error.message)
    })
    app.get<{ Querystring: Fields }>('/gate/signup', async (request, reply) => {
      const { community } = await communities.forHost(request.headers.host)
      return sendPage(reply, {
        ...readGateRequest(request.query),
        serviceName: community.settings.name,
        siteKey: captcha.siteKey,
      })
    })
    app.post<{ Body: Fields }>('/gate/signup', async (request, reply) => {
      const { community } = await communities.forHost(request.headers.host)
      const gate = readGateRequest(request.body ?? {})
      const answer = request.body?.['h-captcha-response']
      if (!answer || !(await captcha.verify(answer))) {
        const problem = 'That did not work. Please try again.'
        const page = { ...gate, serviceName: community.settings.name, siteKey: captcha.siteKey, problem }
        return sendPage(reply.code(400), page)
      }
      const handle = gate.handle === '' ? null : parseHandle(gate.handle)
      const code = await issueGateCode(deps, { communityId: community.id, handle })
      return reply.redirect(withCode(gate, code), 303)
    })
  }
}

function sendPage(reply: FastifyReply, page: GatePage): FastifyReply {
  return reply
    .header('content-security-policy', gatePagePolicy)
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'no-referrer')
    .type('text/html; charset=utf-8')
    .send(gatePage(page))
}

/** Where apps look for the code that name no address: they never load what stands there. */
const defaultRedirect = 'https://bsky.app'

function readGateRequest(fields: Fields): GateRequest {
  const { state = '', handle = '', redirect_url = '' } = fields
  const texts = [state, handle, redirect_url]
  if (texts.some((text) => typeof text !== 'string') || state.length > gateStateLengthMax) {
    throw new HeronryError(
      'InvalidRequest',
      'state, handle and redirect_url are expected once, as short texts',
    )
  }
  if (handle !== '') parseHandle(handle)
  const redirectUrl = redirect_url === '' ? defaultRedirect : redirect_url
  if (!isRedirect(redirectUrl)) {
    throw new HeronryError('InvalidRequest', 'redirect_url must be an https address')
  }
  return { state, handle, redirectUrl }
}

function isRedirect(text: string): boolean {
  if (text.length > gateRedirectLengthMax || !URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1'].includes(hostname))
}

function withCode({ redirectUrl, state }: GateRequest, code: string): string {
  const url = new URL(redirectUrl)
  url.searchParams.set('code', code)
  url.searchParams.set('state', state)
  return url.toString()
}
