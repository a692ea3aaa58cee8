import { signIn } from '@heronry/accounts/sign-in'
import type { Community } from '@heronry/communities/community'
import { HeronryError } from '@heronry/core/error'
import { clientKey } from '@heronry/xrpc/client-key'
import { errorAnswer } from '@heronry/xrpc/error-answer'
import type { FastifyPluginAsync } from 'fastify'
import { communityOf, formOf } from './as-member.ts'
import { assertOwnForm, formToken } from './forgery.ts'
import { field, hidden } from './forms.ts'
import { type Html, html } from './html.ts'
import { interruptedRequest } from './interrupted-request.ts'
import type { Told } from './layout.ts'
import type { PageDeps } from './page-deps.ts'
import { returnTo } from './return-to.ts'
import { sendPage } from './send-page.ts'

const path = '/account/security/sign-in'

/**
 * Sign in with the password and, where one is asked for, any second factor: the field for codes on the provider's page takes those that are mailed and no
 * others (@atproto/oauth-provider-ui 0.10.4). Whoever signs in here is remembered.
 */
export const signInRoutes =
  (deps: PageDeps): FastifyPluginAsync =>
  async (app) => {
    app.get<{ Querystring: { return_to?: string } }>(path, async (request, reply) => {
      const community = await communityOf(deps, request)
      const to = returnTo(community, request.query.return_to ?? interruptedRequest(request, community))
      const body = signInBody({ to, token: formToken(request, reply, community), name: '' })
      return sendPage(reply, { community, title: 'Sign in', body })
    })
    app.post(path, async (request, reply) => {
      const community = await communityOf(deps, request)
      const form = formOf(request)
      assertOwnForm(request, community, form('token'))
      const to = returnTo(community, form('return_to'))
      try {
        const device = { network: clientKey(request), userAgent: request.headers['user-agent'] }
        const { did } = (await signIn(deps, { ...attemptOf(form, community), ...device })).actor
        await deps.signIn(request, reply, { community, did })
        deps.events.sessionCreated({ community: community.slug, did, source: 'oauth' })
        return reply.redirect(to, 303)
      } catch (error) {
        if (!(error instanceof HeronryError)) throw error
        const told: Told = { isProblem: true, text: error.message }
        const body = signInBody({ to, token: form('token'), name: form('username') })
        return sendPage(reply.code(errorAnswer(error).status), { community, title: 'Sign in', told, body })
      }
    })
  }

function attemptOf(form: ReturnType<typeof formOf>, community: Community) {
  const code = form('code').trim()
  return {
    community,
    identifier: form('username').trim().replace(/^@/, ''),
    password: form('password'),
    code: code === '' ? undefined : code,
  }
}

function signInBody({ to, token, name }: { to: string; token: string; name: string }): Html {
  return html`<section>
<form method="post" action="${path}">
<input type="hidden" name="token" value="${token}">
${hidden('return_to', to)}
${field({ name: 'username', label: 'Handle or e-mail address', value: name, autocomplete: 'username' })}
${field({ name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' })}
<label class="field"><span>Code</span>
<input type="text" name="code" autocomplete="one-time-code" autocapitalize="none" spellcheck="false">
<small>Of your authenticator app, from the mail, or a recovery code: if your account asks for one.</small></label>
<button>Sign in</button>
</form>
</section>`
}
