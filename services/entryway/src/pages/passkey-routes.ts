import { askForPasskey } from '@heronry/accounts/prove-passkey'
import { beginPasskey, registerPasskey } from '@heronry/accounts/register-passkey'
import { signInWithPasskey } from '@heronry/accounts/sign-in-with-passkey'
import { HeronryError } from '@heronry/core/error'
import { clientKey } from '@heronry/xrpc/client-key'
import type { FastifyPluginAsync } from 'fastify'
import { asMember, communityOf, formOf, type MemberPath } from './as-member.ts'
import { authenticatorForm } from './authenticator-form.ts'
import { assertOwnForm, formToken } from './forgery.ts'
import { hidden } from './forms.ts'
import { type Html, html } from './html.ts'
import { interruptedRequest } from './interrupted-request.ts'
import type { PageDeps } from './page-deps.ts'
import { returnTo } from './return-to.ts'
import { sendPage } from './send-page.ts'

/** Sign in without a password, and what an authenticator answers to the page that adds a passkey. */
export const passkeyRoutes =
  (deps: PageDeps): FastifyPluginAsync =>
  async (app) => {
    app.get<{ Querystring: { return_to?: string } }>('/account/passkey', async (request, reply) => {
      const community = await communityOf(deps, request)
      const to = returnTo(community, request.query.return_to ?? interruptedRequest(request, community))
      const body = signInBody({ to, token: formToken(request, reply, community) })
      return sendPage(reply, { community, title: 'Sign in with a passkey', body, script: true })
    })
    app.post('/account/passkey/options', async (request, reply) => {
      const community = await communityOf(deps, request)
      assertOwnForm(request, community, formOf(request)('token'))
      return reply.send(await askForPasskey(deps, { community, actorId: null }))
    })
    app.post<Pick<MemberPath, 'Body'>>('/account/passkey/sign-in', async (request, reply) => {
      const community = await communityOf(deps, request)
      assertOwnForm(request, community, formOf(request)('token'))
      const device = { network: clientKey(request), userAgent: request.headers['user-agent'] }
      const answer = request.body?.['answer']
      const { did } = (await signInWithPasskey(deps, { community, answer, ...device })).actor
      await deps.signIn(request, reply, { community, did })
      deps.events.sessionCreated({ community: community.slug, did, source: 'passkey' })
      return reply.send({ to: returnTo(community, formOf(request)('return_to')) })
    })
    app.post<MemberPath>(
      '/account/security/:did/passkeys/options',
      asMember(deps, async ({ community, actor, confirmation }, _request, reply) => {
        if (confirmation === undefined) throw tooLongAgo()
        return reply.send(await beginPasskey(deps, { community, actor, confirmation }))
      }),
    )
    app.post<MemberPath>(
      '/account/security/:did/passkeys/register',
      asMember(deps, async ({ community, actor, base }, request, reply) => {
        const answer = request.body?.['answer']
        await registerPasskey(deps, { community, actor, name: formOf(request)('name'), answer })
        return reply.send({ to: `${base}/passkeys?done=added` })
      }),
    )
  }

function signInBody({ to, token }: { to: string; token: string }): Html {
  const query = new URLSearchParams({ return_to: to })
  return html`<section>
<p>Your device asks for your fingerprint, your face or its PIN. Nothing is to be typed, and no password is needed.</p>
${authenticatorForm({
  kind: 'get',
  options: '/account/passkey/options',
  verify: '/account/passkey/sign-in',
  token,
  fields: hidden('return_to', to),
  button: 'Use a passkey',
})}
<p><a href="/account/security/sign-in?${query.toString()}">Sign in with your password, and a code of your authenticator app</a></p>
</section>
<p class="faint">You have none yet? Sign in, and add one under <a href="/account/security">Security</a>.</p>`
}

function tooLongAgo(): HeronryError {
  return new HeronryError('AuthenticationRequired', 'Please load the page again, and confirm that it is you.')
}
