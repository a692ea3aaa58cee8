import type { Actor } from '@heronry/accounts/actor'
import { ownerConfirmationTtlMs } from '@heronry/accounts/limits'
import { confirmWithPassword } from '@heronry/accounts/owner-confirmation'
import { listPasskeys } from '@heronry/accounts/passkey-store'
import { askForPasskey } from '@heronry/accounts/prove-passkey'
import { confirmWithPasskey } from '@heronry/accounts/sign-in-with-passkey'
import { HeronryError } from '@heronry/core/error'
import { errorAnswer } from '@heronry/xrpc/error-answer'
import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import { asMember, formOf, type MemberPath } from './as-member.ts'
import { authenticatorForm } from './authenticator-form.ts'
import { setCookie } from './cookies.ts'
import { field, form, hidden } from './forms.ts'
import { type Html, html } from './html.ts'
import type { Told } from './layout.ts'
import { confirmationCookie, type Member } from './member.ts'
import type { PageDeps } from './page-deps.ts'
import type { Section } from './section.ts'
import { ownPage } from './section-routes.ts'
import { sendPage } from './send-page.ts'

const page = '/account/security/:did/confirm'

/** Who is signed in shows once more that he is the account's owner, by the password or a passkey, and goes on to where he was. */
export const confirmRoutes =
  (deps: PageDeps, sections: readonly Section[]): FastifyPluginAsync =>
  async (app) => {
    const nextOf = (asked: string | undefined) => sections.find(({ path }) => path === asked)?.path ?? ''
    const show = async (
      reply: FastifyReply,
      member: Member,
      { next, told }: { next: string; told?: Told },
    ) => {
      const own = ownPage(sections, { member, here: next })
      const body = await confirmBody(deps, { member, next })
      const { community } = member
      return sendPage(reply, { community, title: 'Confirm that it is you', own, told, body, script: true })
    }
    app.get<MemberPath>(
      page,
      asMember(deps, (member, request, reply) =>
        show(reply, member, { next: nextOf(request.query['next']) }),
      ),
    )
    app.post<MemberPath>(
      page,
      asMember(deps, async (member, request, reply) => {
        const next = nextOf(formOf(request)('next'))
        try {
          const proof = {
            actor: member.actor,
            network: member.network,
            password: formOf(request)('password'),
          }
          remember(reply, member, await confirmWithPassword(deps, proof))
        } catch (error) {
          if (!(error instanceof HeronryError)) throw error
          const told = { isProblem: true, text: error.message }
          return await show(reply.code(errorAnswer(error).status), member, { next, told })
        }
        return reply.redirect(`${member.base}/${next}`, 303)
      }),
    )
    app.post<MemberPath>(
      `${page}/options`,
      asMember(deps, async ({ community, actor }, _request, reply) =>
        reply.send(await askForPasskey(deps, { community, actorId: actor.id })),
      ),
    )
    app.post<MemberPath>(
      `${page}/passkey`,
      asMember(deps, async (member, request, reply) => {
        const { community, actor, base } = member
        const answer = request.body?.['answer']
        remember(reply, member, await confirmWithPasskey(deps, { community, actor, answer }))
        return reply.send({ to: `${base}/${nextOf(formOf(request)('next'))}` })
      }),
    )
  }

function remember(reply: FastifyReply, { community }: Member, value: string): void {
  setCookie(reply, community, { ...confirmationCookie, maxAgeMs: ownerConfirmationTtlMs, value })
}

/** Nobody fills it in: it tells a password manager whose password is asked for. */
function username({ handle, did }: Actor): Html {
  return html`<input type="text" name="username" autocomplete="username" value="${handle ?? did}" hidden>`
}

async function confirmBody(
  { db }: PageDeps,
  { member, next }: { member: Member; next: string },
): Promise<Html> {
  const { base, token, actor } = member
  const passkeys = await listPasskeys(db, actor.id)
  const fields = hidden('next', next)
  return html`${
    passkeys.length > 0 &&
    html`<section>
<h2>With a passkey</h2>
${authenticatorForm({
  kind: 'get',
  options: `${base}/confirm/options`,
  verify: `${base}/confirm/passkey`,
  token,
  fields,
  button: 'Use a passkey',
})}</section>`
  }
<section>
<h2>With your password</h2>
<p>It is not asked for again for ten minutes. An app password does not do.</p>
${form(member, {
  to: 'confirm',
  fields: [
    fields,
    username(actor),
    field({ name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' }),
  ],
  button: 'Confirm',
})}</section>`
}
